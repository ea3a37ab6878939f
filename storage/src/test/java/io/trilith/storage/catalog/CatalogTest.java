package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private static final TenantId TENANT = new TenantId("o'neil(1)");
  private final InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(1_795_204_800));
  private final SplittableRandom random = new SplittableRandom(1);
  private final MemoryObjectStore objects = new MemoryObjectStore();

  private Catalog open() {
    return new Catalog(objects, clock, random.split());
  }

  private BlockEntry entry() {
    return new BlockEntry(
        BlockId.create(clock, random), Signal.TRACES, TENANT, -5, 99, 1234, 567, 0, 8);
  }

  @Test
  void showsBlocksAndCoverageToWhoeverOpensItLater() {
    Catalog catalog = open();
    BlockEntry first = entry();
    BlockEntry second = entry();
    catalog.commit(List.of(first), List.of(), List.of(new Coverage(Signal.TRACES, TENANT, 17)));
    catalog.commit(List.of(second), List.of(first.id()), List.of());
    CatalogState state = open().state();
    assertThat(state.number()).isEqualTo(2);
    assertThat(state.blocks(Signal.TRACES, TENANT)).containsExactly(second);
    assertThat(state.covered(Signal.TRACES, TENANT)).isEqualTo(17);
    assertThat(state.covered(Signal.LOGS, TENANT)).isZero();
    assertThat(state.coveredMax()).isEqualTo(17);
  }

  @Test
  void letsTwoWritersAlternateWithoutLosingACommit() {
    Catalog a = open();
    Catalog b = open();
    for (int i = 0; i < 120; i++) {
      (i % 3 == 0 ? a : b).commit(List.of(entry()), List.of(), List.of());
    }
    assertThat(open().state().blocks()).hasSize(120);
    assertThat(a.refresh()).isEqualTo(b.refresh());
  }

  @Test
  void refusesToReplaceABlockThatSomebodyElseReplaced() {
    Catalog a = open();
    BlockEntry block = entry();
    a.commit(List.of(block), List.of(), List.of());
    Catalog b = open();
    b.commit(List.of(entry()), List.of(block.id()), List.of());
    assertThatThrownBy(() -> a.commit(List.of(entry()), List.of(block.id()), List.of()))
        .isInstanceOf(StorageException.Conflict.class);
    assertThat(open().state().blocks()).hasSize(1);
  }

  @Test
  void usesTheCommitsWhereTheNewestSnapshotIsDamaged() {
    Catalog catalog = open();
    for (int i = 0; i < 100; i++) {
      catalog.commit(List.of(entry()), List.of(), List.of());
    }
    String snapshot = CatalogFormat.snapshotName(100);
    ByteBuffer bytes = objects.read(snapshot);
    bytes.put(20, (byte) ~bytes.get(20));
    assertThat(open().state().blocks()).hasSize(100);
  }

  @Test
  void findsEveryFlippedBitAndEveryTruncationOfACommit() {
    Commit commit =
        new Commit(
            3,
            new UUID(1, 2),
            1000,
            List.of(entry()),
            List.of(entry().id()),
            List.of(new Coverage(Signal.LOGS, TENANT, 5)),
            CatalogGoldenTest.changes3());
    ByteBuffer view = CatalogFormat.encode(commit);
    byte[] good = new byte[view.remaining()];
    view.get(good);
    assertThat(CatalogFormat.decodeCommit("c", ByteBuffer.wrap(good))).isEqualTo(commit);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> CatalogFormat.decodeCommit("c", ByteBuffer.wrap(bad)))
          .isInstanceOf(StorageException.Corrupt.class);
    }
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> CatalogFormat.decodeCommit("c", ByteBuffer.wrap(cut)))
          .isInstanceOf(StorageException.Corrupt.class);
    }
  }
}
