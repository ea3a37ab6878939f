package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;

/**
 * Writes what the windows of series come to, see {@link AggregateFormat}. Reused from series to
 * series; not thread-safe.
 */
public final class AggregateEncoder {
  /** A series with fewer samples per window is not worth it. */
  private static final int SAMPLES_MIN = 4;

  /** About one in this many windows may have a reset; what falls more often is no counter. */
  private static final int RESETS_EVERY = 4;

  private final LongEncoder longs = new LongEncoder();
  private final FloatEncoder floats = new FloatEncoder(longs);
  private final ByteWriter column = new ByteWriter();

  private int count;
  private long[] ends = new long[64];
  private long[] spans = new long[64];
  private long[] counts = new long[64];
  private double[] first = new double[64];
  private double[] last = new double[64];
  private double[] sum = new double[64];
  private double[] least = new double[64];
  private double[] greatest = new double[64];

  private int resetCount;
  private int[] resetWindows = new int[8];
  private long[] before = new long[8];
  private long[] after = new long[8];

  /** Of each reset two: what all resets of the window took, and the first value after the last. */
  private double[] resetValues = new double[16];

  private boolean changeKnown;

  private int markerCount;
  private long[] markers = new long[8];

  /**
   * Writes the record of a series, ascending in time.
   *
   * @return false, with nothing written, for a series that is to be read sample by sample:
   *     histograms, counters that say when they started, values that are not finite, and few
   *     samples
   */
  public boolean encode(SampleBuffer samples, long resolution, ByteWriter out) {
    if (samples.size() < SAMPLES_MIN || !gather(samples, resolution)) {
      return false;
    }
    put(out);
    return true;
  }

  private boolean gather(SampleBuffer samples, long resolution) {
    count = 0;
    resetCount = 0;
    markerCount = 0;
    changeKnown = true;
    long[] times = samples.timestamps();
    for (int from = 0; from < samples.size(); ) {
      long window = Math.ceilDiv(times[from], resolution);
      int to = from + 1;
      while (to < samples.size() && Math.ceilDiv(times[to], resolution) == window) {
        to++;
      }
      if (!addWindow(samples, from, to)) {
        return false;
      }
      from = to;
    }
    changeKnown &= resetCount <= 1 + count / RESETS_EVERY;
    return count > 0
        && count <= AggregateFormat.WINDOWS_MAX
        && samples.size() / count >= SAMPLES_MIN;
  }

  private boolean addWindow(SampleBuffer samples, int from, int to) {
    long[] times = samples.timestamps();
    double[] values = samples.values();
    int seen = 0;
    int opening = -1;
    int closing = -1;
    int fall = -1;
    int beforeFall = -1;
    double taken = 0;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double total = 0;
    double compensation = 0;
    for (int i = from; i < to; i++) {
      if (samples.histogram(i) != null || samples.startTimestamp(i) != 0) {
        return false;
      }
      double value = values[i];
      if (StaleMarker.is(value)) {
        continue;
      }
      if (!Double.isFinite(value)) {
        return false;
      }
      if (closing >= 0 && value < values[closing]) {
        taken += values[closing];
        beforeFall = closing;
        fall = i;
      }
      opening = opening < 0 ? i : opening;
      closing = i;
      seen++;
      low = Math.min(low, value);
      high = Math.max(high, value);
      double next = total + value;
      compensation +=
          Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
      total = next;
    }
    total += compensation;
    if (!Double.isFinite(total)) {
      return false;
    }
    if (closing < to - 1) {
      addMarker(times[to - 1]);
    }
    if (seen == 0) {
      return true;
    }
    if (fall >= 0) {
      changeKnown &= Double.isFinite(taken) && taken > values[fall] && taken >= values[opening];
      addReset(times[beforeFall], times[fall], taken, values[fall]);
    }
    grow();
    ends[count] = times[closing];
    spans[count] = times[closing] - times[opening];
    counts[count] = seen;
    first[count] = values[opening];
    last[count] = values[closing];
    sum[count] = total;
    least[count] = low;
    greatest[count] = high;
    count++;
    return true;
  }

  private void addMarker(long time) {
    if (markerCount == markers.length) {
      markers = Arrays.copyOf(markers, markerCount * 2);
    }
    markers[markerCount++] = time;
  }

  private void addReset(long timeBefore, long timeAfter, double taken, double valueAfter) {
    if (resetCount == before.length) {
      resetWindows = Arrays.copyOf(resetWindows, resetCount * 2);
      before = Arrays.copyOf(before, resetCount * 2);
      after = Arrays.copyOf(after, resetCount * 2);
      resetValues = Arrays.copyOf(resetValues, resetCount * 4);
    }
    resetWindows[resetCount] = count;
    before[resetCount] = timeBefore;
    after[resetCount] = timeAfter;
    resetValues[2 * resetCount] = taken;
    resetValues[2 * resetCount + 1] = valueAfter;
    resetCount++;
  }

  private void grow() {
    if (count < ends.length) {
      return;
    }
    int capacity = count * 2;
    ends = Arrays.copyOf(ends, capacity);
    spans = Arrays.copyOf(spans, capacity);
    counts = Arrays.copyOf(counts, capacity);
    first = Arrays.copyOf(first, capacity);
    last = Arrays.copyOf(last, capacity);
    sum = Arrays.copyOf(sum, capacity);
    least = Arrays.copyOf(least, capacity);
    greatest = Arrays.copyOf(greatest, capacity);
  }

  private void put(ByteWriter out) {
    boolean rises = Arrays.equals(least, 0, count, first, 0, count);
    boolean falls = Arrays.equals(greatest, 0, count, last, 0, count);
    boolean resets = changeKnown && resetCount > 0;
    out.putVarint(count);
    out.putByte(
        (rises ? AggregateFormat.LEAST_IS_FIRST : 0)
            | (falls ? AggregateFormat.GREATEST_IS_LAST : 0)
            | (changeKnown ? 0 : AggregateFormat.NO_CHANGE)
            | (resets ? AggregateFormat.HAS_RESETS : 0)
            | (markerCount > 0 ? AggregateFormat.HAS_MARKERS : 0));
    longs.encode(ends, count, out);
    put(spans, out);
    put(counts, out);
    put(first, out);
    put(last, out);
    put(sum, out);
    if (!rises) {
      put(least, out);
    }
    if (!falls) {
      put(greatest, out);
    }
    if (resets) {
      putResets(out);
    }
    if (markerCount > 0) {
      column.putVarint(markerCount);
      longs.encode(markers, markerCount, column);
      putColumn(out);
    }
  }

  private void put(long[] values, ByteWriter out) {
    longs.encode(values, count, column);
    putColumn(out);
  }

  private void put(double[] values, ByteWriter out) {
    floats.encode(values, 0, count, column);
    putColumn(out);
  }

  private void putResets(ByteWriter out) {
    column.putVarint(resetCount);
    int next = 0;
    for (int i = 0; i < resetCount; i++) {
      column.putVarint(resetWindows[i] - next);
      next = resetWindows[i] + 1;
    }
    longs.encode(before, resetCount, column);
    longs.encode(after, resetCount, column);
    floats.encode(resetValues, 0, 2 * resetCount, column);
    putColumn(out);
  }

  private void putColumn(ByteWriter out) {
    out.putVarint(column.size());
    out.putBytes(column.view());
    column.clear();
  }
}
