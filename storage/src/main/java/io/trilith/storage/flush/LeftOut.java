package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The blocks that a reader leaves out, and which of them it would have read by now. Thread-safe.
 */
public final class LeftOut {
  /** Of a reader that reads all there is. */
  public static final LeftOut NOTHING = new LeftOut(List.of());

  private final List<QuarantinedBlocks.Aside> blocks;
  private final AtomicIntegerArray missed;

  LeftOut(List<QuarantinedBlocks.Aside> blocks) {
    this.blocks = List.copyOf(blocks);
    this.missed = new AtomicIntegerArray(blocks.size());
  }

  /** Notes that a range is read, both ends included, in the unit of the blocks' times. */
  public void read(long min, long max) {
    for (int i = 0; i < blocks.size(); i++) {
      BlockEntry block = blocks.get(i).block();
      if (block.minTime() <= max && block.maxTime() >= min) {
        missed.set(i, 1);
      }
    }
  }

  /** A sentence for each block that lacks in what was read. */
  public List<String> warnings() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      if (missed.get(i) == 1) {
        texts.add(text(blocks.get(i)));
      }
    }
    return texts;
  }

  private static String text(QuarantinedBlocks.Aside aside) {
    BlockEntry block = aside.block();
    return "block "
        + block.id()
        + " ("
        + minute(block, block.minTime())
        + " to "
        + minute(block, block.maxTime())
        + ", "
        + count(block.items())
        + " "
        + block.signal().items()
        + ") is "
        + aside.fault().text()
        + " and left out; trilith blocks verify "
        + block.id()
        + " says more";
  }

  private static String minute(BlockEntry block, long time) {
    long millis = block.signal().millis(time);
    // Of a damaged block too the times are the catalog's, though data may have any.
    return Math.abs(millis / 2) > Long.MAX_VALUE / 1_000_000
        ? Long.toString(millis)
        : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String count(long items) {
    if (items < 10_000) {
      return Long.toString(items);
    }
    boolean millions = items >= 1_000_000;
    return String.format(
        Locale.ROOT, "%.1f %s", items / (millions ? 1e6 : 1e3), millions ? "M" : "k");
  }
}
