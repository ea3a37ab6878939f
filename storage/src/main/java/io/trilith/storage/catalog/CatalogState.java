package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The live blocks, coverage and what is on its way out after some commit. Immutable.
 *
 * @param number the last commit that is contained, 0 when there is none
 * @param floors by partition, the offset below which no record of the log is needed any more
 * @param link what the next commit has to say of its place
 */
public record CatalogState(
    long number,
    Map<BlockId, BlockEntry> blocks,
    Map<Scope, Long> coverage,
    Map<Partition, Long> floors,
    Sequences sequences,
    Removals removals,
    Ownership ownership,
    ChainLink link) {
  /** One whose coverage is no log's yet. */
  public CatalogState(
      long number, Map<BlockId, BlockEntry> blocks, Map<Scope, Long> coverage, Removals removals) {
    this(number, blocks, coverage, removals, Ownership.NONE, ChainLink.NONE);
  }

  /** Of a release that knew neither floors nor sequences. */
  CatalogState(
      long number,
      Map<BlockId, BlockEntry> blocks,
      Map<Scope, Long> coverage,
      Removals removals,
      Ownership ownership,
      ChainLink link) {
    this(
        number,
        blocks,
        coverage,
        Map.of(),
        Sequences.NONE.with(blocks.values()),
        removals,
        ownership,
        link);
  }

  /** Of a bucket without a catalog. */
  public static final CatalogState EMPTY = new CatalogState(0, Map.of(), Map.of(), Removals.NONE);

  /** One tenant's part of one signal, as far as it came by one partition of the log. */
  public record Scope(Partition partition, Signal signal, TenantId tenant)
      implements Comparable<Scope> {
    /** What came by the local log. */
    public Scope(Signal signal, TenantId tenant) {
      this(Partition.LOCAL, signal, tenant);
    }

    @Override
    public int compareTo(Scope other) {
      int byPartition = partition.compareTo(other.partition);
      int bySignal = byPartition != 0 ? byPartition : signal.compareTo(other.signal);
      return bySignal != 0 ? bySignal : tenant.value().compareTo(other.tenant.value());
    }

    /** As people read it. */
    @Override
    public String toString() {
      return signal.text() + " of tenant '" + tenant + "' in " + partition;
    }
  }

  /**
   * How offsets become the sequences of blocks, which only grow though offsets begin anew with
   * another log.
   *
   * @param base what is added to an offset
   * @param greatest of all blocks that ever were; of a chain that did not say it, of those there
   *     are
   */
  public record Sequences(long base, long greatest) {
    static final Sequences NONE = new Sequences(0, 0);

    Sequences with(Collection<BlockEntry> more) {
      long max = greatest;
      for (BlockEntry block : more) {
        max = Math.max(max, block.sequence());
      }
      return new Sequences(base, max);
    }

    Sequences after(Commit commit) {
      Sequences now = with(commit.added());
      for (Change change : commit.changes()) {
        if (change instanceof Change.TakenOver(_, _, long next)) {
          now = new Sequences(next, now.greatest);
        }
      }
      return now;
    }
  }

  /** The first log offset of a scope that is not in a block. */
  public long covered(Scope scope) {
    return coverage.getOrDefault(scope, 0L);
  }

  /** As above, of what came by the local log. */
  public long covered(Signal signal, TenantId tenant) {
    return covered(new Scope(signal, tenant));
  }

  /**
   * The greatest covered offset of the local log in all scopes: it must never give out one below it
   * again.
   */
  public long coveredMax() {
    long max = 0;
    for (Map.Entry<Scope, Long> one : coverage.entrySet()) {
      if (one.getKey().partition().equals(Partition.LOCAL)) {
        max = Math.max(max, one.getValue());
      }
    }
    return max;
  }

  /** Whether rows of a block are to be deleted. */
  public boolean isDeletedFrom(BlockId block) {
    return !removals.of(block).isEmpty();
  }

  /** Of all partitions. */
  public List<BlockEntry> blocks(Signal signal, TenantId tenant) {
    return blocks.values().stream()
        .filter(block -> block.signal() == signal && block.tenant().equals(tenant))
        .toList();
  }

  /** The same without removed blocks whose objects are still there: none can be restored. */
  public CatalogState withoutDoomed() {
    return with(blocks, removals.withoutDoomed());
  }

  /** The same without some blocks. */
  public CatalogState without(Set<BlockId> some) {
    Map<BlockId, BlockEntry> left = new TreeMap<>(blocks);
    left.keySet().removeAll(some);
    return with(Collections.unmodifiableMap(left), removals);
  }

  /**
   * The same as it is for a process whose local log is not the owner: what is covered of the local
   * partition is the owner's, and says nothing of its own records.
   */
  CatalogState ofAnothersLog() {
    Map<Scope, Long> shared = new HashMap<>(coverage);
    shared.keySet().removeIf(scope -> scope.partition().equals(Partition.LOCAL));
    return new CatalogState(
        number,
        blocks,
        Collections.unmodifiableMap(shared),
        floors,
        sequences,
        removals,
        ownership,
        link);
  }

  private CatalogState with(Map<BlockId, BlockEntry> live, Removals left) {
    return new CatalogState(number, live, coverage, floors, sequences, left, ownership, link);
  }

  /**
   * After the next commit.
   *
   * @throws StorageException.Corrupt when it belongs to another place
   */
  CatalogState after(Commit commit) {
    String refusal = number == 0 ? "" : link.refusal(commit.link());
    for (Coverage one : commit.coverage()) {
      if (refusal.isEmpty() && !continues(one)) {
        refusal = refusal(one);
      }
    }
    if (!refusal.isEmpty()) {
      throw new StorageException.Corrupt(CatalogFormat.commitName(commit.number()), 0, refusal);
    }
    Map<BlockId, BlockEntry> live = new TreeMap<>(blocks);
    commit.removed().forEach(live::remove);
    commit.added().forEach(entry -> live.put(entry.id(), entry));
    return new CatalogState(
        commit.number(),
        Collections.unmodifiableMap(live),
        coverageAfter(commit),
        floorsAfter(commit),
        sequences.after(commit),
        removals.after(commit),
        ownership.after(commit, coverage),
        link.after(commit));
  }

  /** Whether coverage begins where what is covered ends. */
  boolean continues(Coverage one) {
    return one.from() == Coverage.UNKNOWN || one.from() == covered(one.scope());
  }

  /** Why coverage does not fit. */
  String refusal(Coverage one) {
    return "it covers "
        + one.scope()
        + " from offset "
        + one.from()
        + " on, and what is covered ends at "
        + covered(one.scope());
  }

  private Map<Scope, Long> coverageAfter(Commit commit) {
    if (commit.coverage().isEmpty()) {
      return coverage;
    }
    Map<Scope, Long> all = new HashMap<>(coverage);
    // Earlier releases did not say where it begins: what they say may be behind what is covered.
    commit.coverage().forEach(one -> all.merge(one.scope(), one.next(), Math::max));
    return Collections.unmodifiableMap(all);
  }

  private Map<Partition, Long> floorsAfter(Commit commit) {
    boolean another = commit.changes().stream().anyMatch(Change.TakenOver.class::isInstance);
    if (commit.floors().isEmpty() && !another) {
      return floors;
    }
    // The floor of one log says nothing of another's.
    Map<Partition, Long> all = new TreeMap<>(another ? Map.of() : floors);
    commit.floors().forEach((partition, offset) -> all.merge(partition, offset, Math::max));
    return Collections.unmodifiableMap(all);
  }
}
