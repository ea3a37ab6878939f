package io.trilith.compactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.RetentionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExpiryTest {
  private static final TenantId TENANT = new TenantId("team-a");

  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private final InstantSource clock = () -> now;
  private final SplittableRandom random = new SplittableRandom(1);
  private final ObjectStore objects = new MemoryObjectStore();
  private final Catalog catalog = new Catalog(objects, clock, random);
  private final List<CatalogState> told = new ArrayList<>();

  private Expiry expiry(Duration keep) {
    RetentionConfig config = new RetentionConfig(keep, Duration.ZERO, Duration.ofHours(2));
    return new Expiry(config, catalog, objects, new DataAge(config, clock), clock, told::add);
  }

  private BlockEntry block(Signal signal, Instant newest) {
    long max = signal == Signal.METRICS ? newest.toEpochMilli() : newest.toEpochMilli() * 1_000_000;
    BlockEntry block =
        new BlockEntry(BlockId.create(clock, random), signal, TENANT, 0, max, 1, 1, 0, 0);
    objects.createIfAbsent(block.objectName(), ByteBuffer.wrap(new byte[1]));
    catalog.commit(List.of(block), List.of(), List.of());
    return block;
  }

  @Test
  void hidesAnExpiredBlockAtOnceAndDeletesItAfterTheDelay() {
    for (Signal signal : Signal.values()) {
      block(signal, now.minus(Duration.ofDays(16)));
      block(signal, now.minus(Duration.ofDays(14)));
    }
    Expiry expiry = expiry(Duration.ofDays(15));
    expiry.run();
    assertThat(catalog.state().blocks()).hasSize(3);
    assertThat(told).hasSize(1);
    assertThat(objects.list("blocks/")).hasSize(6);
    now = now.plus(Duration.ofHours(1));
    expiry.run();
    assertThat(objects.list("blocks/")).hasSize(6);
    now = now.plus(Duration.ofHours(1));
    expiry.run();
    assertThat(objects.list("blocks/")).hasSize(3);
  }

  @Test
  void keepsEverythingForEverWhenTheRetentionIsZero() {
    block(Signal.METRICS, Instant.EPOCH);
    expiry(Duration.ZERO).run();
    assertThat(catalog.state().blocks()).hasSize(1);
    assertThat(told).isEmpty();
  }

  @Test
  void sweepsBlocksThatWereNeverCommittedAndNoOthers() {
    BlockEntry live = block(Signal.LOGS, now);
    String orphan = BlockEntry.objectName(Signal.LOGS, TENANT, BlockId.create(clock, random));
    objects.createIfAbsent(orphan, ByteBuffer.wrap(new byte[1]));
    assertThat(expiry(Duration.ZERO).sweepOrphans()).isEqualTo(1);
    assertThat(objects.list("blocks/"))
        .extracting(ObjectStore.Entry::name)
        .containsExactly(live.objectName());
  }

  @Test
  void leavesYoungObjectsOfABucketToWhoMayBeAboutToCommitThem() {
    BlockEntry live = block(Signal.LOGS, now);
    BlockEntry orphan = uncommitted();
    Expiry expiry = expiry(Duration.ZERO);
    Duration age = Duration.ofHours(24);
    now = now.plus(Duration.ofHours(23));
    assertThat(expiry.sweepOrphans(age)).isZero();
    now = now.plus(Duration.ofHours(2));
    BlockEntry young = uncommitted();
    // Old enough, but perhaps somebody has taken it out of the catalog just now and others read it.
    assertThat(expiry.sweepOrphans(age)).isZero();
    now = now.plus(Duration.ofHours(2));
    assertThat(expiry.sweepOrphans(age)).isEqualTo(1);
    assertThat(objects.list("blocks/"))
        .extracting(ObjectStore.Entry::name)
        .containsExactlyInAnyOrder(live.objectName(), young.objectName())
        .doesNotContain(orphan.objectName());
  }

  @Test
  void anObjectThatIsCommittedAfterAllIsNoOrphan() {
    BlockEntry late = uncommitted();
    Expiry expiry = expiry(Duration.ZERO);
    now = now.plus(Duration.ofHours(25));
    assertThat(expiry.sweepOrphans(Duration.ofHours(24))).isZero();
    // By another process: this one learns it when it looks.
    new Catalog(objects, clock, random).commit(List.of(late), List.of(), List.of());
    now = now.plus(Duration.ofHours(3));
    assertThat(expiry.sweepOrphans(Duration.ofHours(24))).isZero();
    assertThat(objects.list("blocks/")).hasSize(1);
  }

  private BlockEntry uncommitted() {
    BlockEntry block =
        new BlockEntry(BlockId.create(clock, random), Signal.LOGS, TENANT, 0, 1, 1, 1, 0, 0);
    objects.createIfAbsent(block.objectName(), ByteBuffer.wrap(new byte[1]));
    return block;
  }
}
