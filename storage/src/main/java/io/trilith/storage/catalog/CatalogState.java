package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
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
 * @param link what the next commit has to say of its place
 */
public record CatalogState(
    long number,
    Map<BlockId, BlockEntry> blocks,
    Map<Scope, Long> coverage,
    Removals removals,
    Ownership ownership,
    ChainLink link) {
  /** One whose coverage is no log's yet. */
  public CatalogState(
      long number, Map<BlockId, BlockEntry> blocks, Map<Scope, Long> coverage, Removals removals) {
    this(number, blocks, coverage, removals, Ownership.NONE, ChainLink.NONE);
  }

  static final CatalogState EMPTY = new CatalogState(0, Map.of(), Map.of(), Removals.NONE);

  /** One tenant's part of one signal. */
  public record Scope(Signal signal, TenantId tenant) {}

  /** The first log offset of a scope that is not in a block. */
  public long covered(Signal signal, TenantId tenant) {
    return coverage.getOrDefault(new Scope(signal, tenant), 0L);
  }

  /** The greatest covered offset of all scopes: a log must never give out one below it again. */
  public long coveredMax() {
    return coverage.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Whether rows of a block are to be deleted. */
  public boolean isDeletedFrom(BlockId block) {
    return !removals.of(block).isEmpty();
  }

  public List<BlockEntry> blocks(Signal signal, TenantId tenant) {
    return blocks.values().stream()
        .filter(block -> block.signal() == signal && block.tenant().equals(tenant))
        .toList();
  }

  /** The same without removed blocks whose objects are still there: none can be restored. */
  public CatalogState withoutDoomed() {
    return new CatalogState(number, blocks, coverage, removals.withoutDoomed(), ownership, link);
  }

  /** The same without some blocks. */
  public CatalogState without(Set<BlockId> some) {
    Map<BlockId, BlockEntry> left = new TreeMap<>(blocks);
    left.keySet().removeAll(some);
    return new CatalogState(
        number, Collections.unmodifiableMap(left), coverage, removals, ownership, link);
  }

  /**
   * After the next commit.
   *
   * @throws StorageException.Corrupt when it belongs to another place
   */
  CatalogState after(Commit commit) {
    String refusal = number == 0 ? "" : link.refusal(commit.link());
    if (!refusal.isEmpty()) {
      throw new StorageException.Corrupt(CatalogFormat.commitName(commit.number()), 0, refusal);
    }
    Map<BlockId, BlockEntry> live = new TreeMap<>(blocks);
    commit.removed().forEach(live::remove);
    commit.added().forEach(entry -> live.put(entry.id(), entry));
    return new CatalogState(
        commit.number(),
        Collections.unmodifiableMap(live),
        merged(commit.coverage()),
        removals.after(commit),
        ownership.after(commit, coverage),
        link.after(commit));
  }

  private Map<Scope, Long> merged(Collection<Coverage> more) {
    Map<Scope, Long> all = new HashMap<>(coverage);
    more.forEach(c -> all.merge(new Scope(c.signal(), c.tenant()), c.next(), Math::max));
    return Collections.unmodifiableMap(all);
  }
}
