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
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExpiryTest {
  private static final TenantId TENANT = new TenantId("team-a");
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));

  private final SplittableRandom random = new SplittableRandom(1);
  private final ObjectStore objects = new MemoryObjectStore();
  private final Catalog catalog = new Catalog(objects, CLOCK, random);

  private BlockEntry object() {
    BlockEntry block =
        new BlockEntry(BlockId.create(CLOCK, random), Signal.LOGS, TENANT, 0, 1, 1, 1, 0, 0);
    objects.createIfAbsent(block.objectName(), ByteBuffer.wrap(new byte[1]));
    return block;
  }

  @Test
  void sweepsBlocksThatWereNeverCommittedAndNoOthers() {
    BlockEntry live = object();
    BlockEntry doomed = object();
    object();
    catalog.commit(List.of(live, doomed), List.of(), List.of());
    catalog.commit(
        _ ->
            new Draft(
                List.of(),
                List.of(doomed.id()),
                List.of(),
                List.of(new Change.Doomed(doomed, 5, "age"))));
    assertThat(new Expiry(catalog, objects).sweepOrphans()).isEqualTo(1);
    assertThat(objects.list("blocks/"))
        .extracting(ObjectStore.Entry::name)
        .containsExactlyInAnyOrder(live.objectName(), doomed.objectName());
  }
}
