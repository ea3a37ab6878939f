package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Commits and snapshots with partitions, whole and damaged. */
class CatalogFormatFuzzTest {
  private static byte[] array(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  private static void refusesEveryFlippedBitAndTruncation(
      byte[] good, Function<ByteBuffer, Object> decode) {
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> decode.apply(ByteBuffer.wrap(bad)))
          .isInstanceOf(StorageException.Corrupt.class);
    }
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> decode.apply(ByteBuffer.wrap(cut)))
          .isInstanceOf(StorageException.Corrupt.class);
    }
  }

  @Test
  void refusesEveryFlippedBitAndTruncationOfACommit() {
    refusesEveryFlippedBitAndTruncation(
        array(CatalogFormat.encode(CatalogGoldenTest.commit6())),
        bytes -> CatalogFormat.decodeCommit("c", bytes));
  }

  @Test
  void refusesEveryFlippedBitAndTruncationOfASnapshot() {
    refusesEveryFlippedBitAndTruncation(
        array(CatalogFormat.encode(CatalogGoldenTest.snapshot6())),
        bytes -> CatalogFormat.decodeSnapshot("s", bytes));
  }

  /** Bytes that are changed below a checksum that fits again: what a broken writer would leave. */
  @Test
  void readsOrRefusesWhateverStandsBelowAChecksumThatFits() {
    SplittableRandom random = Seeds.random("readsOrRefusesWhateverStandsBelowAChecksumThatFits");
    byte[] commit = array(CatalogFormat.encode(CatalogGoldenTest.commit6()));
    byte[] snapshot = array(CatalogFormat.encode(CatalogGoldenTest.snapshot6()));
    int read = 0;
    for (int i = 0; i < Seeds.iterations(20_000); i++) {
      boolean first = random.nextBoolean();
      byte[] bad = changed(first ? commit : snapshot, random);
      try {
        ByteBuffer bytes = ByteBuffer.wrap(bad);
        Object _ =
            first
                ? CatalogFormat.decodeCommit("c", bytes)
                : CatalogFormat.decodeSnapshot("s", bytes);
        read++;
      } catch (StorageException.Corrupt e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
    assertThat(read).isPositive();
  }

  private static byte[] changed(byte[] good, SplittableRandom random) {
    boolean cut = random.nextInt(4) == 0;
    byte[] bad = Arrays.copyOf(good, cut ? 13 + random.nextInt(good.length - 13) : good.length);
    for (int left = random.nextInt(3); left >= 0; left--) {
      bad[8 + random.nextInt(bad.length - 12)] = (byte) random.nextInt();
    }
    ByteBuffer little = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
    little.putInt(bad.length - 4, Crc.of(bad, 0, bad.length - 4));
    return bad;
  }

  @Test
  void bringsBackWhateverIsWritten() {
    SplittableRandom random = Seeds.random("bringsBackWhateverIsWritten");
    for (int i = 0; i < Seeds.iterations(300); i++) {
      Commit commit = commit(random);
      assertThat(CatalogFormat.decodeCommit("c", CatalogFormat.encode(commit))).isEqualTo(commit);
      CatalogState state = state(random);
      assertThat(CatalogFormat.decodeSnapshot("s", CatalogFormat.encode(state))).isEqualTo(state);
    }
  }

  private static Commit commit(SplittableRandom random) {
    List<Coverage> coverage = new ArrayList<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      long from = random.nextInt(3) == 0 ? Coverage.UNKNOWN : random.nextLong(1L << 50);
      coverage.add(new Coverage(scope(random), from, from + 1 + random.nextLong(1L << 40)));
    }
    return new Commit(
        random.nextLong(1L << 40),
        new ChainLink(new UUID(3, random.nextLong()), new UUID(4, 5)),
        new UUID(random.nextLong(), 2),
        random.nextLong(1L << 41),
        blocks(random),
        List.of(),
        coverage,
        floors(random),
        List.of(new Change.TakenOver("log", "host", random.nextLong(1L << 50))));
  }

  private static CatalogState state(SplittableRandom random) {
    Map<BlockId, BlockEntry> live = new TreeMap<>();
    blocks(random).forEach(block -> live.put(block.id(), block));
    Map<CatalogState.Scope, Long> covered = new HashMap<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      covered.put(scope(random), random.nextLong(1L << 50));
    }
    return new CatalogState(
        random.nextLong(1L << 40),
        live,
        covered,
        floors(random),
        new CatalogState.Sequences(random.nextLong(1L << 50), random.nextLong(1L << 50)),
        Removals.NONE,
        Ownership.NONE,
        new ChainLink(new UUID(3, 9), new UUID(4, 5)));
  }

  private static List<BlockEntry> blocks(SplittableRandom random) {
    List<BlockEntry> blocks = new ArrayList<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      CatalogState.Scope scope = scope(random);
      blocks.add(
          new BlockEntry(
              BlockId.create(() -> Instant.EPOCH, random),
              scope.partition(),
              scope.signal(),
              scope.tenant(),
              random.nextLong(),
              random.nextLong(),
              random.nextLong(1L << 40),
              random.nextLong(1L << 40),
              random.nextInt(9),
              random.nextLong(1L << 50)));
    }
    return blocks;
  }

  private static Map<Partition, Long> floors(SplittableRandom random) {
    Map<Partition, Long> floors = new HashMap<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      floors.put(scope(random).partition(), random.nextLong(1L << 50));
    }
    return floors;
  }

  private static CatalogState.Scope scope(SplittableRandom random) {
    Partition partition =
        random.nextBoolean()
            ? Partition.LOCAL
            : new Partition("trilith-" + random.nextInt(3), random.nextInt(1 << 20));
    Signal signal = Signal.values()[random.nextInt(Signal.values().length)];
    return new CatalogState.Scope(partition, signal, new TenantId("t" + random.nextInt(9)));
  }
}
