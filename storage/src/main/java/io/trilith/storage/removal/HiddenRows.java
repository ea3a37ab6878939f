package io.trilith.storage.removal;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.BlockId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What one tenant's readers must not see. To be asked for before the blocks are looked up: it may
 * name blocks that are gone by then, but misses none that is still there.
 *
 * @param inBlocks deletions, by the blocks they were made for
 * @param since asked for blocks that are not there: one may have come, with rules, between the two
 * @param everywhere what has expired by a policy that is in force, in blocks and heads
 * @param wanted what all policies and the default want gone, in force or not
 */
public record HiddenRows<R extends RowRule>(
    Map<BlockId, List<R>> inBlocks,
    Function<BlockId, List<R>> since,
    List<R> everywhere,
    Supplier<List<R>> wanted) {

  /** Hides nothing. */
  public static <R extends RowRule> HiddenRows<R> none() {
    return new HiddenRows<>(Map.of(), _ -> List.of(), List.of(), List::of);
  }

  /** The rules that may hide rows of a block. */
  public List<R> of(BlockEntry block) {
    List<R> deleted = deletedFrom(block.id());
    List<R> expired = expiredIn(block.minTime());
    if (deleted.isEmpty() || expired.isEmpty()) {
      return deleted.isEmpty() ? expired : deleted;
    }
    List<R> both = new ArrayList<>(deleted);
    both.addAll(expired);
    return both;
  }

  /** The rules of some sources for a block, whether they are in force or not. */
  public List<R> of(BlockEntry block, Set<String> sources) {
    List<R> all = new ArrayList<>(deletedFrom(block.id()));
    all.addAll(wanted.get());
    all.removeIf(rule -> !sources.contains(rule.source()));
    return all;
  }

  /** The deletions that were made for a block. */
  public List<R> deletedFrom(BlockId block) {
    List<R> rules = inBlocks.get(block);
    return rules == null ? since.apply(block) : rules;
  }

  /** The policies by which rows may have expired where the oldest one has a time. */
  public List<R> expiredIn(long minTime) {
    boolean all = true;
    for (R rule : everywhere) {
      all &= rule.maxTime() >= minTime;
    }
    return all
        ? everywhere
        : everywhere.stream().filter(rule -> rule.maxTime() >= minTime).toList();
  }

  /** The last time at which any policy has let rows expire; Long.MIN_VALUE without policies. */
  public long newestExpired() {
    long newest = Long.MIN_VALUE;
    for (R rule : everywhere) {
      newest = Math.max(newest, rule.maxTime());
    }
    return newest;
  }
}
