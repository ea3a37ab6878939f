package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.BlockId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the indexes of blocks take on the heap, and what merges and rewrites may hold of it. Blocks
 * are weighed when they are about to be opened anyway. Confined to who holds the lock of {@link
 * BlockMerge}.
 */
final class IndexWeights {
  private static final Logger log = LoggerFactory.getLogger(IndexWeights.class);

  /** A merge holds the indexes of its inputs, and that of its output, which is as large at most. */
  private static final int HELD = 2;

  private final ToLongFunction<BlockEntry> weigh;
  private final Map<BlockId, Long> weights = new HashMap<>();
  private MemoryShare share = MemoryShare.unlimited();

  /**
   * No weights yet.
   *
   * @param weigh opens a block; throws StorageException when it is damaged or gone
   */
  IndexWeights(ToLongFunction<BlockEntry> weigh) {
    this.weigh = weigh;
  }

  /** From now on what is held is taken from this share. */
  void within(MemoryShare given) {
    share = given;
  }

  /** Forgets the blocks that are no more. */
  void keepOnly(Set<BlockId> live) {
    weights.keySet().retainAll(live);
  }

  /** What the policy may choose, by what is known so far. */
  MergePolicy.Memory limit() {
    return new MergePolicy.Memory(this::known, share.largest() / HELD);
  }

  /** Weighs the blocks that were not weighed before; says whether there were any. */
  boolean learn(List<BlockEntry> blocks) {
    List<BlockEntry> unknown =
        blocks.stream().filter(block -> !weights.containsKey(block.id())).toList();
    long max = share.largest() / HELD;
    for (BlockEntry block : unknown) {
      if (weight(block) > max) {
        log.warn(
            "block={} of tenant={} is not merged: its index takes bytes={}, a merge gets {} of {}",
            block.id(),
            block.tenant(),
            known(block),
            max,
            share.key());
      }
    }
    return !unknown.isEmpty();
  }

  /**
   * Takes what a merge of these blocks holds; throws LimitExceededException while others hold it.
   */
  Booking hold(List<BlockEntry> inputs) {
    Booking held = share.open();
    held.take(HELD * inputs.stream().mapToLong(this::known).sum());
    return held;
  }

  /** Takes what a rewrite of a block holds, whether it is there or not: merges wait meanwhile. */
  Booking holdAnyway(BlockEntry block) {
    Booking held = share.open();
    held.takeAnyway(HELD * weight(block));
    return held;
  }

  private long known(BlockEntry block) {
    return weights.getOrDefault(block.id(), 0L);
  }

  private long weight(BlockEntry block) {
    return weights.computeIfAbsent(
        block.id(),
        _ -> {
          try {
            return weigh.applyAsLong(block);
          } catch (StorageException.Corrupt | StorageException.Missing e) {
            return 0L; // who reads it next finds the same, and remembers it
          }
        });
  }
}
