package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.WatchedObjectStore;
import io.trilith.testing.Seeds;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The chain where answers are lost, requests land late and writers hang while it is collected. */
class CatalogRaceTest {
  private static final TenantId TENANT = new TenantId("t");
  private static final Duration DAY = Duration.ofHours(24);
  private final WatchedObjectStore objects = new WatchedObjectStore();
  private final SplittableRandom random = new SplittableRandom(3);
  private Instant now = Instant.ofEpochSecond(1_795_204_800);
  private final InstantSource clock = () -> now;

  private Catalog open() {
    return new Catalog(objects, clock, random.split());
  }

  private CatalogCollection collection() {
    return new CatalogCollection(objects, DAY, clock);
  }

  private BlockEntry entry() {
    return entry(8);
  }

  private BlockEntry entry(long sequence) {
    return new BlockEntry(
        BlockId.create(clock, random), Signal.LOGS, TENANT, 1, 2, 3, 4, 0, sequence);
  }

  private void commit(Catalog catalog, int count) {
    for (int i = 0; i < count; i++) {
      catalog.commit(List.of(entry()), List.of(), List.of());
    }
  }

  @Test
  void knowsItsOwnCommitWhenTheAnswerIsLost() {
    Catalog catalog = open();
    objects.after(
        request -> {
          if (request.startsWith("create ")) {
            throw WatchedObjectStore.unavailable();
          }
        });
    catalog.commit(List.of(entry()), List.of(), List.of());
    assertThat(catalog.state().number()).isEqualTo(1);
    assertThat(open().state()).isEqualTo(catalog.state());
  }

  @Test
  void addsBlocksOnceWhenTheirCommitsFateWasUnknownAndItIsMadeAgain() {
    Catalog catalog = open();
    BlockEntry block = entry();
    objects.after(
        request -> {
          throw WatchedObjectStore.unavailable();
        });
    assertThatThrownBy(() -> catalog.commit(List.of(block), List.of(), List.of()))
        .isInstanceOf(StorageException.Unavailable.class);
    objects.after(request -> {});
    // Another process merges it away before the first one asks again.
    BlockEntry merged = entry();
    open().commit(List.of(merged), List.of(block.id()), List.of());
    BlockEntry next = entry();
    catalog.commit(List.of(block, next), List.of(), List.of());
    assertThat(open().state().blocks().keySet()).containsExactlyInAnyOrder(merged.id(), next.id());
    assertThat(catalog.state()).isEqualTo(open().state());
  }

  @Test
  void aRequestThatLandsLateChangesNothing() {
    Catalog catalog = open();
    BlockEntry block = entry();
    ByteBuffer[] late = new ByteBuffer[1];
    objects.before(
        request -> {
          throw WatchedObjectStore.unavailable();
        });
    assertThatThrownBy(() -> catalog.commit(List.of(block), List.of(), List.of()))
        .isInstanceOf(StorageException.Unavailable.class);
    // The same bytes go to the same number first, whatever the next commit is.
    objects.before(
        request -> {
          if (request.equals("create " + CatalogFormat.commitName(2)) && late[0] == null) {
            late[0] = objects.read(CatalogFormat.commitName(1));
          }
        });
    BlockEntry other = entry();
    catalog.commit(List.of(other), List.of(), List.of());
    assertThat(CatalogFormat.decodeCommit("late", late[0]).added()).containsExactly(block);
    assertThat(objects.createIfAbsent(CatalogFormat.commitName(1), late[0])).isFalse();
    catalog.commit(List.of(block), List.of(), List.of());
    assertThat(open().state().blocks().keySet()).containsExactlyInAnyOrder(block.id(), other.id());
  }

  @Test
  void collectsWhatAnOldSnapshotMakesSuperfluousAfterRaisingTheFloor() {
    Catalog catalog = open();
    commit(catalog, 350);
    assertThat(collection().run()).isZero();
    now = now.plus(DAY).plusSeconds(1);
    commit(catalog, 1);
    objects.requests();
    // 300 is the newest snapshot; 200 and what follows stays.
    assertThat(collection().run()).isEqualTo(199 + 1);
    List<String> requests = objects.requests();
    assertThat(requests.indexOf("create " + CatalogFormat.floorName(1)))
        .isLessThan(requests.indexOf("delete " + CatalogFormat.commitName(1)))
        .isNotNegative();
    assertThat(open().state()).isEqualTo(catalog.state());
    assertThat(open().state().blocks()).hasSize(351);
    assertThat(collection().run()).isZero();
  }

  @Test
  void aWriterThatHungWhileItsNumberWasCollectedDoesNotLoseItsCommit() {
    Catalog stalled = open();
    commit(stalled, 20);
    Catalog other = open();
    BlockEntry[] block = {entry(50)};
    boolean[] hung = {false};
    objects.before(
        request -> {
          if (request.equals("create " + CatalogFormat.commitName(21)) && !hung[0]) {
            hung[0] = true;
            commit(other, 330);
            now = now.plus(DAY).plusSeconds(1);
            commit(other, 1);
            assertThat(collection().run()).isPositive();
          }
        });
    stalled.commit(List.of(block[0]), List.of(), List.of(new Coverage(Signal.LOGS, TENANT, 51)));
    objects.before(request -> {});
    assertThat(open().state().blocks()).hasSize(352).containsKey(block[0].id());
    assertThat(open().state().number()).isEqualTo(352);
    assertThat(other.refresh()).isEqualTo(stalled.state());
    // What it left at the collected number goes with the next collection.
    now = now.plus(DAY);
    assertThat(collection().run()).isEqualTo(1);
  }

  @Test
  void aReaderThatSleptWhileTheChainWasCollectedBeginsAnew() {
    Catalog reader = open();
    Catalog writer = open();
    commit(writer, 320);
    now = now.plus(DAY).plusSeconds(1);
    commit(writer, 1);
    collection().run();
    assertThat(reader.refresh()).isEqualTo(writer.state());
  }

  @Test
  void theFloorNeverFallsWhateverCollectorsDo() {
    Floor a = new Floor(objects);
    Floor b = new Floor(objects);
    b.raise(500);
    a.raise(300);
    a.raise(600);
    b.raise(550);
    assertThat(new Floor(objects).number()).isEqualTo(600);
  }

  @Test
  void refusesAChainWhoseBeginningIsGoneInsteadOfTakingItForEmpty() {
    commit(open(), 350);
    now = now.plus(DAY).plusSeconds(1);
    collection().run();
    objects.delete(CatalogFormat.snapshotName(200));
    objects.delete(CatalogFormat.snapshotName(300));
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("was once at commit 200");
  }

  @Test
  void aSnapshotThatCannotBeWrittenDoesNotFailItsCommit() {
    Catalog catalog = open();
    objects.before(
        request -> {
          if (request.contains("snapshots")) {
            throw WatchedObjectStore.unavailable();
          }
        });
    commit(catalog, 101);
    assertThat(catalog.state().number()).isEqualTo(101);
  }

  @Test
  void aCommitCostsOneCreateAndOneLookAtTheFloor() {
    Catalog catalog = open();
    objects.requests();
    commit(catalog, 1);
    assertThat(objects.requests())
        .containsExactly(
            "create " + CatalogFormat.commitName(1), "read " + CatalogFormat.floorName(1));
  }

  @Test
  void manyWritersUnderFaultsKeepAllTheirBlocksOnce() {
    SplittableRandom chance = Seeds.random("manyWritersUnderFaultsKeepAllTheirBlocksOnce");
    Catalog[] writers = {open(), open(), open()};
    Set<BlockId> live = new HashSet<>();
    for (int step = 0; step < Seeds.iterations(1500); step++) {
      int who = chance.nextInt(writers.length);
      BlockEntry block = entry();
      Set<BlockId> gone = new HashSet<>();
      boolean done = false;
      while (!done) {
        objects.before(request -> fail(chance));
        objects.after(request -> fail(chance));
        try {
          writers[who].commit(List.of(block), List.of(), List.of());
          done = true;
        } catch (StorageException.Unavailable e) {
          objects.before(request -> {});
          objects.after(request -> {});
          if (chance.nextInt(3) == 0) {
            // Meanwhile another writer may see the block and merge it away.
            Catalog other = writers[(who + 1) % writers.length];
            if (other.refresh().blocks().containsKey(block.id())) {
              BlockEntry merged = entry();
              other.commit(List.of(merged), List.of(block.id()), List.of());
              gone.add(block.id());
              live.add(merged.id());
            }
          }
        }
      }
      objects.before(request -> {});
      objects.after(request -> {});
      if (!gone.contains(block.id())) {
        live.add(block.id());
      }
      if (step % 400 == 399) {
        now = now.plus(DAY).plusSeconds(1);
        collection().run();
      }
    }
    assertThat(open().state().blocks().keySet()).isEqualTo(live);
  }

  private static void fail(SplittableRandom chance) {
    if (chance.nextInt(8) == 0) {
      throw WatchedObjectStore.unavailable();
    }
  }
}
