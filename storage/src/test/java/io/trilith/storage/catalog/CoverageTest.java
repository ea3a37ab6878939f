package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.WatchedObjectStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What commits cover of the partitions of a log, where several processes write them. */
class CoverageTest {
  private static final Partition FIRST = new Partition("metrics", 0);
  private static final Partition SECOND = new Partition("metrics", 1);
  private static final TenantId TENANT = new TenantId("t");
  private final InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(1_795_204_800));
  private final SplittableRandom random = new SplittableRandom(1);
  private final WatchedObjectStore objects = new WatchedObjectStore();

  private Catalog open() {
    return new Catalog(objects, clock, random.split());
  }

  private static CatalogState.Scope scope(Partition partition) {
    return new CatalogState.Scope(partition, Signal.METRICS, TENANT);
  }

  private BlockEntry block(Partition partition, long sequence) {
    return new BlockEntry(
        BlockId.create(clock, random), partition, Signal.METRICS, TENANT, 1, 2, 3, 4, 0, sequence);
  }

  private static List<Coverage> covers(Partition partition, long from, long next) {
    return List.of(new Coverage(scope(partition), from, next));
  }

  @Test
  void partitionsAreCoveredEachForItself() {
    Catalog catalog = open();
    catalog.commit(List.of(block(FIRST, 9)), List.of(), covers(FIRST, 0, 10));
    catalog.commit(List.of(block(SECOND, 4)), List.of(), covers(SECOND, 0, 5));
    catalog.commit(List.of(block(SECOND, 6)), List.of(), covers(SECOND, 5, 7));
    CatalogState state = open().state();
    assertThat(state.covered(scope(FIRST))).isEqualTo(10);
    assertThat(state.covered(scope(SECOND))).isEqualTo(7);
    assertThat(state.covered(Signal.METRICS, TENANT)).isZero();
    assertThat(state.coveredMax()).as("of the local log").isZero();
  }

  @Test
  void theSecondOfTwoThatCoverTheSameRecordsIsRefused() {
    Catalog first = open();
    Catalog second = open();
    first.commit(List.of(block(FIRST, 9)), List.of(), covers(FIRST, 0, 10));
    assertThatThrownBy(
            () -> second.commit(List.of(block(FIRST, 7)), List.of(), covers(FIRST, 0, 8)))
        .isInstanceOf(StorageException.Conflict.class)
        .hasMessageContaining("metrics of tenant 't' in metrics/0 beyond offset 0");
    assertThat(open().state().blocks()).hasSize(1);
    assertThat(second.state()).isEqualTo(first.state());
  }

  @Test
  void recordsInBetweenAreNotLeftOut() {
    Catalog catalog = open();
    catalog.commit(List.of(block(FIRST, 9)), List.of(), covers(FIRST, 0, 10));
    assertThatThrownBy(
            () -> catalog.commit(List.of(block(FIRST, 19)), List.of(), covers(FIRST, 12, 20)))
        .isInstanceOf(StorageException.Conflict.class);
  }

  @Test
  void aCommitOfUnknownFateThatWasMadeIsNotTakenForAnothers() {
    Catalog catalog = open();
    BlockEntry one = block(FIRST, 9);
    objects.after(
        request -> {
          throw WatchedObjectStore.unavailable();
        });
    assertThatThrownBy(() -> catalog.commit(List.of(one), List.of(), covers(FIRST, 0, 10)))
        .isInstanceOf(StorageException.Unavailable.class);
    objects.after(request -> {});
    BlockEntry two = block(SECOND, 4);
    List<Coverage> both =
        List.of(new Coverage(scope(FIRST), 0, 10), new Coverage(scope(SECOND), 0, 5));
    catalog.commit(List.of(one, two), List.of(), both);
    CatalogState state = open().state();
    assertThat(state.blocks().keySet()).containsExactlyInAnyOrder(one.id(), two.id());
    assertThat(state.covered(scope(FIRST))).isEqualTo(10);
    assertThat(state.covered(scope(SECOND))).isEqualTo(5);
  }

  @Test
  void aChainWhoseCoverageHasAHoleIsDamaged() {
    Catalog catalog = open();
    catalog.commit(List.of(block(FIRST, 9)), List.of(), covers(FIRST, 0, 10));
    Commit last = CatalogFormat.readCommit(objects, 1);
    Commit next =
        new Commit(
            2,
            new ChainLink(last.link().bucket(), last.uuid()),
            new UUID(1, 2),
            clock.millis(),
            List.of(block(FIRST, 19)),
            List.of(),
            covers(FIRST, 11, 20),
            List.of());
    objects.createIfAbsent(CatalogFormat.commitName(2), CatalogFormat.encode(next));
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("from offset 11 on, and what is covered ends at 10");
  }

  @Test
  void floorsOnlyRiseAndAreForgottenWithTheirLog() {
    Catalog catalog = open();
    catalog.commit(state -> floors(state, 0, 10, Map.of(FIRST, 10L, SECOND, 3L)));
    catalog.commit(state -> floors(state, 10, 20, Map.of(FIRST, 7L)));
    assertThat(open().state().floors()).isEqualTo(Map.of(FIRST, 10L, SECOND, 3L));
    catalog.commit(_ -> Draft.of(new Change.TakenOver("log", "host", 0)));
    assertThat(open().state().floors()).isEmpty();
  }

  private Draft floors(CatalogState state, long from, long next, Map<Partition, Long> floors) {
    assertThat(state.covered(scope(FIRST))).isEqualTo(from);
    return new Draft(
        List.of(block(FIRST, next - 1)), List.of(), covers(FIRST, from, next), floors, List.of());
  }

  @Test
  void sequencesGoOnAboveAllThatEverWereWhenOffsetsBeginAnew() {
    Catalog catalog = open();
    BlockEntry old = block(FIRST, 9000);
    catalog.commit(List.of(old), List.of(), covers(FIRST, 0, 9001));
    catalog.commit(List.of(), List.of(old.id()), List.of());
    assertThat(catalog.state().sequences().greatest()).isEqualTo(9000);
    catalog.commit(
        state -> Draft.of(new Change.TakenOver("log", "host", state.sequences().greatest())));
    CatalogState state = open().state();
    assertThat(state.sequences()).isEqualTo(new CatalogState.Sequences(9000, 9000));
  }

  @Test
  void whatAnotherLogCoversOfTheLocalPartitionIsNotToldToTheHeadsOfThisOne() {
    Catalog catalog = open();
    catalog.writesFor("log-a");
    catalog.commit(_ -> Draft.of(new Change.TakenOver("log-a", "host-a")));
    List<CatalogListener.Step> steps = new ArrayList<>();
    catalog.listen(steps::add);
    Catalog other = open();
    other.commit(_ -> Draft.of(new Change.TakenOver("log-b", "host-b")));
    other.commit(List.of(block(Partition.LOCAL, 9)), List.of(), covers(Partition.LOCAL, 0, 10));
    other.commit(List.of(block(FIRST, 4)), List.of(), covers(FIRST, 0, 5));
    CatalogState state = catalog.refresh();
    assertThat(state.coveredMax()).isEqualTo(10);
    assertThat(steps.get(2).live()).containsKey(scope(Partition.LOCAL));
    assertThat(steps.get(2).covered()).isEmpty();
    assertThat(steps.get(2).after().covered(scope(Partition.LOCAL))).isZero();
    assertThat(steps.get(3).covered()).isEqualTo(Map.of(scope(FIRST), 5L));
    assertThatThrownBy(() -> catalog.requireOwner(state))
        .isInstanceOf(StorageException.TakenOver.class)
        .hasMessageContaining("host-b");
  }

  @Test
  void aDraftThatSaysNothingMakesNoCommit() {
    Catalog catalog = open();
    assertThat(catalog.commit(_ -> Draft.of()).number()).isZero();
    assertThat(open().state().number()).isZero();
  }

  @Test
  void aReaderThatIsBehindAsksAheadAndOneThatIsNotDoesNot() {
    Catalog reader = open();
    Catalog writer = open();
    for (int i = 0; i < 30; i++) {
      writer.commit(List.of(block(FIRST, i)), List.of(), covers(FIRST, i, i + 1L));
    }
    AtomicInteger asked = new AtomicInteger();
    objects.before(request -> asked.incrementAndGet());
    assertThat(reader.refresh()).isEqualTo(writer.state());
    // 1, 2, 4, 8, 8 and 8 of which the last one is not there.
    assertThat(asked.getAndSet(0)).isEqualTo(31);
    assertThat(reader.refresh()).isEqualTo(writer.state());
    assertThat(asked.get()).isEqualTo(1);
  }
}
