package io.trilith.server.replicas;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.logstore.store.LogStore;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LogProgress;
import io.trilith.storage.log.NoLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.store.StoreBlocks;
import io.trilith.tracestore.store.TraceStore;
import io.trilith.tsdb.store.MetricStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One process: it reads the whole log into its own stores, follows the catalog, and flushes the
 * partitions that it takes for its own. It lives until it is killed; then another one begins.
 */
final class Replica {
  private static final ByteSize LARGE = ByteSize.parse("192MiB");

  /** Every head that has anything is due at once. */
  private static final HeadConfig HEAD =
      new HeadConfig(ByteSize.parse("1B"), Duration.ofHours(2), LARGE, LARGE);

  private static final WalConfig WAL =
      new WalConfig(WalConfig.Sync.ALWAYS, Duration.ofSeconds(1), LARGE, LARGE, LARGE);

  private final Shared shared;
  private final SplittableRandom random;
  private final SimulatedLog log;
  final Catalog catalog;
  final MetricStore metrics;
  final LogStore logs;
  final TraceStore traces;
  private final Flusher flusher;
  private final List<BlockMerge> merges;
  private final Map<Partition, Long> applied = new TreeMap<>();
  private final Set<Partition> owned;

  private int merged;

  /** What the stores were not told yet, where that rule is taken out. */
  private @Nullable CatalogState withheld;

  /**
   * What all replicas have in common.
   *
   * @param removed a rule that does not hold; null when all do
   * @param positions where the last committer was, by number of the commit
   */
  record Shared(
      SimulatedLog log,
      InstantSource clock,
      @Nullable Rule removed,
      Map<Long, Map<Partition, Long>> positions) {}

  Replica(Shared shared, ObjectStore objects, SplittableRandom random, Set<Partition> owned) {
    this.shared = shared;
    this.random = random;
    this.log = shared.log;
    this.owned = owned;
    InstantSource clock = shared.clock;
    SplittableRandom ids = random.split();
    Supplier<BlockId> blockIds = () -> BlockId.create(clock, ids);
    HeadBudget budget = new HeadBudget(HEAD);
    DataAge age =
        new DataAge(new RetentionConfig(Duration.ZERO, Duration.ZERO, Duration.ZERO), clock);
    CacheConfig cache = new CacheConfig(ByteSize.parse("1MiB"));
    catalog = new Catalog(objects, clock, random.split());
    metrics = new MetricStore(new NoLog(), objects, budget, age, cache, clock, blockIds);
    logs = new LogStore(new NoLog(), objects, budget, age, cache, clock, blockIds);
    traces = new TraceStore(new NoLog(), objects, budget, age, cache, clock, blockIds);
    flusher =
        new Flusher(HEAD, WAL, progress(), catalog, clock, this::heads)
            .among(owned::contains, this::cut);
    flusher.replayed();
    Duration keep = Duration.ofDays(1);
    merges =
        List.of(
            new BlockMerge(metrics, catalog, objects, blockIds, clock).keeping(keep),
            new BlockMerge(logs, catalog, objects, blockIds, clock).keeping(keep),
            new BlockMerge(traces, catalog, objects, blockIds, clock).keeping(keep));
    catalog.listen(this::told);
    begin();
  }

  private LogProgress progress() {
    return new LogProgress() {
      @Override
      public Set<Partition> partitions() {
        return log.partitions();
      }

      @Override
      public long next(Partition partition) {
        return applied(partition);
      }

      @Override
      public long bytes() {
        return 0;
      }

      @Override
      public void trim(Partition partition, long below) {}
    };
  }

  private void begin() {
    CatalogState state = catalog.state();
    for (Partition partition : log.partitions()) {
      long floor = state.floors().getOrDefault(partition, 0L);
      if (shared.removed == Rule.FLOOR_IS_THE_OLDEST_RECORD) {
        for (Map.Entry<Long, Map<Partition, Long>> one : shared.positions.entrySet()) {
          boolean made = one.getKey() <= state.number();
          floor = made ? Math.max(floor, one.getValue().getOrDefault(partition, 0L)) : floor;
        }
      }
      // What the local log had is in blocks since another took over.
      boolean gone = partition.equals(Partition.LOCAL) && state.ownership().owner().isPresent();
      applied.put(partition, gone ? log.end(partition) : floor);
    }
  }

  long applied(Partition partition) {
    return Objects.requireNonNull(applied.get(partition));
  }

  Map<Partition, Long> applied() {
    return new TreeMap<>(applied);
  }

  Set<Partition> owned() {
    return owned;
  }

  Collection<Flushable> heads() {
    List<Flushable> heads = new ArrayList<>(metrics.heads());
    heads.addAll(logs.heads());
    heads.addAll(traces.heads());
    return heads;
  }

  StoreBlocks blocks(Signal signal) {
    return switch (signal) {
      case METRICS -> metrics.mergeable();
      case LOGS -> logs.mergeable();
      case TRACES -> traces.mergeable();
    };
  }

  // The log.

  /** Reads one record; false at the end. */
  boolean follow(Partition partition) {
    long offset = applied(partition);
    if (offset >= log.end(partition)) {
      return false;
    }
    switch (log.at(partition, offset)) {
      case SimulatedLog.Data data -> apply(partition, offset, data);
      case SimulatedLog.Cut cut -> {
        if (shared.removed != Rule.CUTS_ARE_IN_THE_LOG) {
          apply(partition, offset, cut);
        }
      }
    }
    applied.put(partition, offset + 1);
    if (shared.removed == Rule.CUTS_ARE_IN_THE_LOG && random.nextInt(8) == 0) {
      heads().forEach(Flushable::seal);
    }
    return true;
  }

  private void apply(Partition partition, long offset, SimulatedLog.Data data) {
    CatalogState.Scope scope = Rows.scope(partition, data.signal(), data.tenant());
    long as =
        shared.removed == Rule.COVERED_RECORDS_ARE_SKIPPED
            ? Math.max(offset, catalog.state().covered(scope))
            : offset;
    ByteBuffer payload = ByteBuffer.wrap(data.payload());
    switch (data.signal()) {
      case METRICS -> metrics.replay(partition, as, data.tenant(), payload);
      case LOGS -> logs.replay(partition, as, data.tenant(), payload);
      case TRACES -> traces.replay(partition, as, data.tenant(), payload);
    }
  }

  private void apply(Partition partition, long offset, SimulatedLog.Cut cut) {
    Optional<TenantId> tenant = cut.tenant();
    for (Signal signal : Signal.values()) {
      if (cut.signal().isEmpty() || cut.signal().get() == signal) {
        switch (signal) {
          case METRICS -> metrics.cut(partition, tenant, offset + 1);
          case LOGS -> logs.cut(partition, tenant, offset + 1);
          case TRACES -> traces.cut(partition, tenant, offset + 1);
        }
      }
    }
  }

  private void cut(CatalogState.Scope scope) {
    if (random.nextInt(3) > 0) {
      Optional<TenantId> tenant =
          random.nextInt(4) == 0 ? Optional.empty() : Optional.of(scope.tenant());
      Optional<Signal> signal =
          random.nextInt(8) == 0 ? Optional.empty() : Optional.of(scope.signal());
      log.append(scope.partition(), new SimulatedLog.Cut(signal, tenant));
    }
  }

  // The catalog.

  private void told(CatalogListener.Step step) {
    if (shared.removed == Rule.COVERED_HEADS_LEAVE) {
      follow(with(step, this::upToSealed));
    } else if (shared.removed == Rule.ONE_STEP && random.nextBoolean()) {
      CatalogState before = withheld == null ? step.before() : withheld;
      withheld = before;
      follow(with(step, before::covered));
    } else {
      withheld = null;
      follow(step);
    }
  }

  private void follow(CatalogListener.Step step) {
    for (Signal signal : Signal.values()) {
      blocks(signal).follow(signal, step);
    }
  }

  /** What is covered, but not more than what is sealed: a head that grows stays. */
  private long upToSealed(CatalogState.Scope scope) {
    long covered = catalog.state().covered(scope);
    for (Flushable head : heads()) {
      if (head.scope().equals(scope) && head.headBytes() > 0) {
        List<? extends Flushable.Pending> sealed = head.sealed();
        return sealed.isEmpty() ? 0 : Math.min(covered, sealed.getLast().coverage().next());
      }
    }
    return covered;
  }

  private interface Covered {
    long of(CatalogState.Scope scope);
  }

  /** A step that tells the stores something else of what is covered. */
  private static CatalogListener.Step with(CatalogListener.Step step, Covered covered) {
    Map<CatalogState.Scope, Long> coverage = new HashMap<>();
    step.after().coverage().keySet().forEach(scope -> coverage.put(scope, covered.of(scope)));
    CatalogState after = step.after();
    CatalogState other =
        new CatalogState(
            after.number(),
            after.blocks(),
            coverage,
            after.floors(),
            after.sequences(),
            after.removals(),
            after.ownership(),
            after.link());
    Map<CatalogState.Scope, Long> told = new HashMap<>(coverage);
    told.keySet().retainAll(step.covered().keySet());
    return new CatalogListener.Step(
        step.before(), other, step.committed(), step.gone(), step.live(), told);
  }

  /** Tells the stores what was withheld. */
  void tellWithheld() {
    if (withheld != null) {
      withheld = null;
      CatalogState state = catalog.state();
      metrics.blocksChanged(state);
      logs.blocksChanged(state);
      traces.blocksChanged(state);
    }
  }

  // What it does.

  void write() {
    flusher.writeDue();
  }

  void commit() {
    Map<Partition, Long> position = applied();
    long before = catalog.state().number();
    if (shared.removed == Rule.FROM_IS_CHECKED) {
      commitUnchecked();
    } else {
      flusher.commitWritten();
    }
    if (catalog.state().number() > before) {
      shared.positions.put(catalog.state().number(), position);
    }
  }

  /** As if the chain said of itself where coverage begins. */
  private void commitUnchecked() {
    Map<CatalogState.Scope, Long> next = new TreeMap<>();
    List<BlockEntry> blocks = new ArrayList<>();
    for (Flushable head : heads()) {
      if (owned.contains(head.scope().partition())) {
        for (Flushable.Pending content : head.sealed()) {
          BlockEntry block = content.written();
          if (block == null) {
            break;
          }
          blocks.add(block);
          next.put(head.scope(), content.coverage().next());
        }
      }
    }
    CatalogState _ =
        catalog.commit(
            state -> {
              List<Coverage> coverage = new ArrayList<>();
              next.forEach(
                  (scope, to) -> {
                    long from = state.covered(scope);
                    coverage.add(new Coverage(scope, from, Math.max(from, to)));
                  });
              return new Draft(blocks, List.of(), coverage, List.of());
            });
  }

  void merge() {
    merges.get(random.nextInt(merges.size())).compact(_ -> true, _ -> merged++);
  }

  /** Merges that it made. */
  int merged() {
    return merged;
  }

  void refresh() {
    CatalogState _ = catalog.refresh();
  }

  /** Commits that say nothing of blocks, as others make many. */
  void chatter(int count) {
    for (int i = 0; i < count; i++) {
      String policies = "policies " + random.nextInt();
      CatalogState _ = catalog.commit(_ -> Draft.of(new Change.Accepted(policies)));
    }
  }

  /** Takes a partition for its own, or does not any more. */
  void own(Partition partition) {
    if (!owned.remove(partition)) {
      owned.add(partition);
    }
  }

  /** Owned by who starts in its place. */
  Set<Partition> ownedAfterwards() {
    return new TreeSet<>(owned);
  }
}
