package io.trilith.compactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
  private final Expiry expiry = new Expiry(catalog, objects, Duration.ofHours(2), clock);

  @Test
  void sweepsBlocksThatWereNeverCommittedAndNoOthers() {
    BlockEntry live = uncommitted();
    BlockEntry doomed = uncommitted();
    BlockEntry orphan = uncommitted();
    catalog.commit(List.of(live, doomed), List.of(), List.of());
    catalog.commit(
        _ ->
            new Draft(
                List.of(),
                List.of(doomed.id()),
                List.of(),
                List.of(new Change.Doomed(doomed, 5, "age"))));
    assertThat(expiry.sweepOrphans()).isEqualTo(1);
    assertThat(objects.list("blocks/"))
        .extracting(ObjectStore.Entry::name)
        .containsExactlyInAnyOrder(live.objectName(), doomed.objectName())
        .doesNotContain(orphan.objectName());
  }

  @Test
  void leavesYoungObjectsOfABucketToWhoMayBeAboutToCommitThem() {
    BlockEntry live = uncommitted();
    catalog.commit(List.of(live), List.of(), List.of());
    BlockEntry orphan = uncommitted();
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
