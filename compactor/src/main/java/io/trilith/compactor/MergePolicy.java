package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.BlockId;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Which blocks of a tenant to make one of. Only neighbours in order of writing are merged, so that
 * what was written later stays later.
 *
 * <ul>
 *   <li>Four to eight neighbours of one level become one of the next, as long as it spans no more
 *       than a day, stays below a gigabyte, and its indexes fit into the memory for merges.
 *   <li>Two or three are enough where that limit alone keeps the next neighbour of their level out.
 *   <li>Four neighbours that are all very small become one whatever their levels and times.
 *   <li>Where nothing new comes, two or more neighbours within the limits become one, if none of
 *       them is more than twice as large as the others together.
 * </ul>
 */
final class MergePolicy {
  private static final int FAN_IN = 4;
  private static final int FAN_MAX = 8;
  private static final long BYTES_MAX = 1L << 30;
  private static final long SMALL_BYTES = 256 << 10;

  /** Fresh blocks that wait for a quiet moment at most; the more wait, the dearer queries are. */
  private static final long FRESH_BYTES_MAX = 96 << 20;

  /** Fresh blocks below that size wait for others, or until nothing new comes. */
  private static final long FRESH_BYTES_MIN = 1 << 20;

  private final List<BlockEntry> blocks;
  private final Predicate<BlockId> apart;
  private final long day;
  private final boolean settled;
  private final Memory memory;

  /**
   * What a merge may hold while it runs.
   *
   * @param weight of a block's index in bytes; 0 where it is not known yet
   * @param max of all inputs together
   */
  record Memory(ToLongFunction<BlockEntry> weight, long max) {
    static final Memory UNLIMITED = new Memory(_ -> 0, Long.MAX_VALUE);
  }

  /**
   * A choice among some blocks.
   *
   * @param blocks of one tenant, in order of writing
   * @param apart blocks that must not be touched
   * @param day in the unit of the blocks' times
   * @param settled whether it is not worth waiting for more blocks
   */
  MergePolicy(
      List<BlockEntry> blocks, Predicate<BlockId> apart, long day, boolean settled, Memory memory) {
    this.memory = memory;
    this.blocks = blocks;
    this.apart = apart;
    this.day = day;
    this.settled = settled;
  }

  /**
   * The blocks to merge next, or none.
   *
   * @param lowest level that is looked at by itself
   */
  List<BlockEntry> choose(int lowest) {
    List<BlockEntry> due = due(lowest);
    return due.isEmpty() && settled ? rest() : due;
  }

  /**
   * The blocks of level 0 to rewrite next as one, or none.
   *
   * @param quiet whether there is time for it
   */
  List<BlockEntry> fresh(boolean quiet) {
    long waiting = 0;
    for (BlockEntry block : blocks) {
      waiting += block.level() == 0 && !apart.test(block.id()) ? block.bytes() : 0;
    }
    if (!quiet && !settled && waiting <= FRESH_BYTES_MAX) {
      return List.of();
    }
    for (int from = 0; from < blocks.size(); from++) {
      int end = runEnd(from, 0);
      if (end == from
          && blocks.get(from).level() == 0
          && !apart.test(blocks.get(from).id())
          && memory.weight.applyAsLong(blocks.get(from)) <= memory.max) {
        end++; // alone it may be beyond the limits
      }
      if (end > from) {
        List<BlockEntry> run = blocks.subList(from, end);
        long bytes = run.stream().mapToLong(BlockEntry::bytes).sum();
        if (settled || bytes >= FRESH_BYTES_MIN || run.size() >= FAN_IN) {
          return List.copyOf(run);
        }
        from = end - 1;
      }
    }
    return List.of();
  }

  private List<BlockEntry> due(int lowest) {
    int levels = blocks.stream().mapToInt(BlockEntry::level).max().orElse(-1) + 1;
    for (int level = lowest; level < levels; level++) {
      for (int from = 0; from < blocks.size(); from++) {
        int end = runEnd(from, level);
        if (end - from >= FAN_IN || (end - from >= 2 && isCut(end, level))) {
          return List.copyOf(blocks.subList(from, end));
        }
        from = Math.max(from, end - 1);
      }
    }
    return small();
  }

  private int runEnd(int from, int level) {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    long bytes = 0;
    long weight = 0;
    int end = from;
    for (; end < blocks.size() && end - from < FAN_MAX; end++) {
      BlockEntry block = blocks.get(end);
      min = Math.min(min, block.minTime());
      max = Math.max(max, block.maxTime());
      bytes += block.bytes();
      weight += memory.weight.applyAsLong(block);
      long span = max - min;
      if (block.level() != level
          || apart.test(block.id())
          || span < 0
          || span > day
          || bytes > BYTES_MAX
          || weight > memory.max) {
        break;
      }
    }
    return end;
  }

  /** Whether a run ends before a block of its level. */
  private boolean isCut(int end, int level) {
    return end < blocks.size()
        && blocks.get(end).level() == level
        && !apart.test(blocks.get(end).id());
  }

  private List<BlockEntry> small() {
    int from = 0;
    long weight = 0;
    for (int at = 0; at < blocks.size(); at++) {
      BlockEntry block = blocks.get(at);
      weight += memory.weight.applyAsLong(block);
      if (block.bytes() > SMALL_BYTES || apart.test(block.id()) || weight > memory.max) {
        from = at + 1;
        weight = 0;
      } else if (at + 1 - from == FAN_IN) {
        return List.copyOf(blocks.subList(from, at + 1));
      }
    }
    return List.of();
  }

  /** The longest run that may be merged though it is short or of several levels. */
  private List<BlockEntry> rest() {
    List<BlockEntry> longest = List.of();
    for (int from = 0; from < blocks.size(); from++) {
      long min = Long.MAX_VALUE;
      long max = Long.MIN_VALUE;
      long bytes = 0;
      long largest = 0;
      long weight = 0;
      for (int end = from; end < blocks.size() && end - from < FAN_MAX; end++) {
        BlockEntry block = blocks.get(end);
        min = Math.min(min, block.minTime());
        max = Math.max(max, block.maxTime());
        bytes += block.bytes();
        largest = Math.max(largest, block.bytes());
        weight += memory.weight.applyAsLong(block);
        long span = max - min;
        if (apart.test(block.id())
            || span < 0
            || span > day
            || bytes > BYTES_MAX
            || weight > memory.max) {
          break;
        }
        int count = end + 1 - from;
        if (count >= 2 && count > longest.size() && largest <= 2 * (bytes - largest)) {
          longest = blocks.subList(from, end + 1);
        }
      }
    }
    return List.copyOf(longest);
  }
}
