package io.trilith.logstore.page;

import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/**
 * The {@link PageFilter} of a page of lines as they came. Runs are gathered with what repeats soon
 * left out, by a small table, and those of less than eight bytes are not in it: what is worth
 * asking for is mostly an id. Used for one page after another. Not thread-safe.
 */
public final class PlainFilter {
  private static final int RECENT = 1 << 12;

  private final long[] recent = new long[RECENT];
  private long[] hashes = new long[1 << 12];
  private int count;
  private long lengths;

  /** Adds all runs of a text whose ends are ends of runs. */
  public void add(byte[] text, int from, int to) {
    int begin = -1;
    int at = from;
    // 64 bytes at a time: a bit for each, and only the places where runs begin and end are visited.
    while (at < to) {
      int count = Math.min(64, to - at);
      long bits = 0;
      int i = 0;
      for (; i < count && at + i + 8 <= text.length; i += 8) {
        bits |= Runs.runBits(text, at + i) << i;
      }
      for (; i < count; i++) {
        bits |= Runs.isRun(text[at + i]) ? 1L << i : 0;
      }
      if (count < 64) {
        bits &= (1L << count) - 1;
      }
      long edges = bits ^ (bits << 1 | (begin >= 0 ? 1 : 0));
      for (; edges != 0; edges &= edges - 1) {
        int edge = at + Long.numberOfTrailingZeros(edges);
        if (begin < 0) {
          begin = edge;
        } else {
          addRun(text, begin, edge);
          begin = -1;
        }
      }
      at += count;
      if (at >= to && begin >= 0) {
        addRun(text, begin, to);
      }
    }
  }

  private void addRun(byte[] text, int from, int to) {
    if (to - from < Runs.PREFIX || Runs.isLoose(text, from, to)) {
      return;
    }
    lengths |= 1L << Math.min(63, to - from);
    addHash(Runs.hash(text, from, to));
    for (int at = from; to - from > Runs.LONG && at + Runs.PREFIX <= to; at++) {
      long gram = Runs.gram(text, at);
      if (gram != 0) {
        addHash(gram);
      }
    }
  }

  private void addHash(long hash) {
    int slot = (int) hash & (RECENT - 1);
    if (recent[slot] == hash && count > 0) {
      return;
    }
    recent[slot] = hash;
    if (count == hashes.length) {
      hashes = Arrays.copyOf(hashes, count * 2);
    }
    hashes[count++] = hash;
  }

  /** Appends the filter and forgets what was added. */
  public void finish(ByteWriter out) {
    PageFilter.put(lengths | PageFilter.LONG_ONLY, hashes, count, out);
    Arrays.fill(recent, 0);
    count = 0;
    lengths = 0;
    if (hashes.length > 1 << 16) {
      hashes = new long[1 << 12];
    }
  }
}
