package io.trilith.tracestore.chunk;

import java.util.Arrays;

/**
 * The parts of traces that a source has, in order of id, and which filters a span of each passes.
 * Not thread-safe.
 */
public class TraceList {
  /** Bytes of an entry. */
  public static final int ENTRY_BYTES = 40;

  private long[] high = new long[64];
  private long[] low = new long[64];
  private long[] mins = new long[64];
  private long[] maxs = new long[64];
  private long[] masks = new long[64];
  private int size;

  /** Bit i of the mask says that a span passes the i-th filter. */
  public void add(long idHigh, long idLow, long minNanos, long maxNanos, long mask) {
    reserve(1);
    high[size] = idHigh;
    low[size] = idLow;
    mins[size] = minNanos;
    maxs[size] = maxNanos;
    masks[size] = mask;
    size++;
  }

  /** Adds as many as the arrays have. */
  public void addAll(
      long[] idHighs, long[] idLows, long[] minNanos, long[] maxNanos, long[] ofMasks) {
    int count = idHighs.length;
    reserve(count);
    System.arraycopy(idHighs, 0, high, size, count);
    System.arraycopy(idLows, 0, low, size, count);
    System.arraycopy(minNanos, 0, mins, size, count);
    System.arraycopy(maxNanos, 0, maxs, size, count);
    System.arraycopy(ofMasks, 0, masks, size, count);
    size += count;
  }

  /** Makes room for this many more. */
  public final void reserve(int more) {
    if (size + more > high.length) {
      int larger = Math.max(size + more, size * 2);
      high = Arrays.copyOf(high, larger);
      low = Arrays.copyOf(low, larger);
      mins = Arrays.copyOf(mins, larger);
      maxs = Arrays.copyOf(maxs, larger);
      masks = Arrays.copyOf(masks, larger);
    }
  }

  public int size() {
    return size;
  }

  public long high(int i) {
    return high[i];
  }

  public long low(int i) {
    return low[i];
  }

  public long minNanos(int i) {
    return mins[i];
  }

  public long maxNanos(int i) {
    return maxs[i];
  }

  public long mask(int i) {
    return masks[i];
  }
}
