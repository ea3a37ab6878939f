package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ChainLinkTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-30T12:00:00Z"));

  private static Catalog catalog(MemoryObjectStore objects, long seed) {
    return new Catalog(objects, CLOCK, new SplittableRandom(seed));
  }

  private static MemoryObjectStore chainOf(int commits, long seed) {
    MemoryObjectStore objects = new MemoryObjectStore();
    Catalog catalog = catalog(objects, seed);
    for (int i = 1; i <= commits; i++) {
      CatalogState.Scope scope = new CatalogState.Scope(Signal.LOGS, new TenantId("t"));
      Coverage next = new Coverage(scope, i - 1L, i);
      catalog.commit(List.of(), List.of(), List.of(next));
    }
    return objects;
  }

  private static void replace(MemoryObjectStore objects, String name, ByteBuffer bytes) {
    objects.delete(name);
    objects.createIfAbsent(name, bytes);
  }

  private static void assertRefused(MemoryObjectStore objects, String name) {
    assertThatThrownBy(() -> catalog(objects, 9))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageStartingWith(name + " is corrupt");
    List<CatalogObjects.Fault> faults = new ArrayList<>();
    new CatalogObjects(objects).verify(faults::add);
    assertThat(faults).extracting(CatalogObjects.Fault::object).contains(name);
  }

  @Test
  void aCommitWithTheBytesOfAnotherNumberIsRefusedByName() {
    MemoryObjectStore objects = chainOf(6, 1);
    String name = CatalogFormat.commitName(4);
    replace(objects, name, objects.read(CatalogFormat.commitName(2)));
    assertRefused(objects, name);
  }

  @Test
  void aCommitOfAnotherBucketIsRefusedByName() {
    MemoryObjectStore objects = chainOf(6, 1);
    String name = CatalogFormat.commitName(4);
    replace(objects, name, chainOf(6, 2).read(name));
    assertRefused(objects, name);
  }

  @Test
  void aCommitOfAnotherPastOfTheSameBucketIsRefusedByName() {
    MemoryObjectStore objects = chainOf(3, 1);
    MemoryObjectStore fork = new MemoryObjectStore();
    objects.list("").forEach(one -> fork.createIfAbsent(one.name(), objects.read(one.name())));
    for (MemoryObjectStore one : List.of(objects, fork)) {
      Catalog catalog = catalog(one, System.identityHashCode(one));
      for (int i = 4; i <= 6; i++) {
        CatalogState.Scope scope = new CatalogState.Scope(Signal.LOGS, new TenantId("t"));
        Coverage next = new Coverage(scope, i - 1L, i);
        catalog.commit(List.of(), List.of(), List.of(next));
      }
    }
    String name = CatalogFormat.commitName(5);
    replace(objects, name, fork.read(name));
    assertRefused(objects, name);
  }

  @Test
  void aSnapshotOfAnotherBucketIsPassedOver() {
    MemoryObjectStore objects = chainOf(Catalog.SNAPSHOT_EVERY, 1);
    MemoryObjectStore other = chainOf(Catalog.SNAPSHOT_EVERY, 2);
    CatalogState good = catalog(objects, 3).state();
    String name = CatalogFormat.snapshotName(Catalog.SNAPSHOT_EVERY);
    replace(objects, name, other.read(name));
    assertThat(catalog(objects, 3).state()).isEqualTo(good);
    List<CatalogObjects.Fault> faults = new ArrayList<>();
    new CatalogObjects(objects).verify(faults::add);
    assertThat(faults).extracting(CatalogObjects.Fault::object).containsExactly(name);
  }

  @Test
  void aChainOfAReleaseWithoutLinksGoesOnAndIsTiedFromThen() {
    MemoryObjectStore objects = new MemoryObjectStore();
    for (int i = 1; i <= 3; i++) {
      Commit old = new Commit(i, new UUID(7, i), 0, List.of(), List.of(), List.of(), List.of());
      objects.createIfAbsent(CatalogFormat.commitName(i), CatalogFormat.encode(old));
    }
    Coverage next = new Coverage(Signal.LOGS, new TenantId("t"), 5);
    catalog(objects, 1).commit(List.of(), List.of(), List.of(next));
    CatalogState state = catalog(objects, 2).state();
    assertThat(state.number()).isEqualTo(4);
    assertThat(state.link().isNone()).isFalse();
    Commit old = new Commit(5, new UUID(7, 5), 0, List.of(), List.of(), List.of(), List.of());
    objects.createIfAbsent(CatalogFormat.commitName(5), CatalogFormat.encode(old));
    assertRefused(objects, CatalogFormat.commitName(5));
  }
}
