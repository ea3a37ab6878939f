package io.trilith.tsdb;

import io.trilith.storage.encoding.StableOrder;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one series as columns, ascending in time, one per timestamp. The caller owns it and
 * may reuse it; the arrays are replaced when they grow, so read them anew after each fill. Not
 * thread-safe.
 */
public final class SampleBuffer {
  private long[] timestamps = new long[128];
  private double[] values = new double[128];
  private @Nullable NativeHistogram @Nullable [] histograms;
  private long @Nullable [] startTimestamps;
  private int @Nullable [] weights;
  private int size;
  private @Nullable Object scratch;

  /** What who fills this buffer keeps in it between fills: made at the first call. */
  public <S> S scratch(Class<S> type, Supplier<S> make) {
    Object kept = scratch;
    if (!type.isInstance(kept)) {
      kept = make.get();
      scratch = kept;
    }
    return type.cast(kept);
  }

  public int size() {
    return size;
  }

  /** Milliseconds since 1970; valid below {@link #size}. */
  public long[] timestamps() {
    return timestamps;
  }

  /**
   * Valid below {@link #size}; meaningless where {@link #histogram} is not null. Stale markers are
   * kept.
   */
  public double[] values() {
    return values;
  }

  /** Whether any sample is a histogram. */
  public boolean hasHistograms() {
    return histograms != null;
  }

  /** The histogram at i, or null for a float sample. */
  public @Nullable NativeHistogram histogram(int i) {
    return histograms == null ? null : histograms[i];
  }

  /** When the counter at i started, in milliseconds since 1970, or 0 when not known. */
  public long startTimestamp(int i) {
    return startTimestamps == null ? 0 : startTimestamps[i];
  }

  /** Whether any sample may stand for several. */
  public boolean hasWeights() {
    return weights != null;
  }

  /** How many samples of the series the one at i stands for, see {@link Detail}. */
  public int weight(int i) {
    return weights == null ? 1 : weights[i];
  }

  public void clear() {
    size = 0;
    histograms = null;
    startTimestamps = null;
    weights = null;
  }

  public void add(long timestamp, double value) {
    grow();
    timestamps[size] = timestamp;
    values[size] = value;
    size++;
  }

  public void add(long timestamp, NativeHistogram histogram) {
    grow();
    if (histograms == null) {
      histograms = new NativeHistogram[timestamps.length];
    }
    timestamps[size] = timestamp;
    values[size] = 0;
    histograms[size] = histogram;
    size++;
  }

  /** Says when the counter of the sample added last started. */
  public void startedAt(long startTimestamp) {
    if (startTimestamp == 0) {
      return;
    }
    if (startTimestamps == null) {
      startTimestamps = new long[timestamps.length];
    }
    startTimestamps[size - 1] = startTimestamp;
  }

  /** Adds a sample that stands for several of the series. */
  public void add(long timestamp, double value, int weight) {
    add(timestamp, value);
    if (weights == null) {
      weights = new int[timestamps.length];
      Arrays.fill(weights, 0, size, 1);
    }
    weights[size - 1] = weight;
  }

  /**
   * Makes room for this many samples and returns where they would go: until {@link #append} the
   * arrays from there on are the caller's to write to.
   */
  public int reserve(int more) {
    growTo(size + more);
    return size;
  }

  /**
   * Appends float samples whose values were written from {@link #reserve} on, value for time: those
   * of {@code times[from..to)}. Times are copied.
   */
  public void append(long[] times, int from, int to) {
    int count = to - from;
    if (from > 0) {
      System.arraycopy(values, size + from, values, size, count);
    }
    System.arraycopy(times, from, timestamps, size, count);
    if (histograms != null) {
      Arrays.fill(histograms, size, size + count, null);
    }
    if (startTimestamps != null) {
      Arrays.fill(startTimestamps, size, size + count, 0);
    }
    if (weights != null) {
      Arrays.fill(weights, size, size + count, 1);
    }
    size += count;
  }

  /** Says when the counters of the samples appended last started: {@code starts[from..to)}. */
  public void startedAt(long[] starts, int from, int to) {
    if (startTimestamps == null) {
      startTimestamps = new long[timestamps.length];
    }
    System.arraycopy(starts, from, startTimestamps, size - (to - from), to - from);
  }

  /**
   * Puts samples that were added in any order into order of time. Of several with one timestamp the
   * one that was added last stays. Cheap when they are in order already.
   */
  public void sortAndKeepLast() {
    int at = 1;
    while (at < size && timestamps[at] > timestamps[at - 1]) {
      at++;
    }
    if (at >= size) {
      return;
    }
    int[] order = StableOrder.of(timestamps, size);
    SampleBuffer sorted = new SampleBuffer();
    for (int i = 0; i < size; i++) {
      int from = order[i];
      if (i + 1 < size && timestamps[order[i + 1]] == timestamps[from]) {
        continue;
      }
      NativeHistogram histogram = histogram(from);
      if (histogram == null && weights != null) {
        sorted.add(timestamps[from], values[from], weights[from]);
      } else if (histogram == null) {
        sorted.add(timestamps[from], values[from]);
      } else {
        sorted.add(timestamps[from], histogram);
      }
      sorted.startedAt(startTimestamp(from));
    }
    timestamps = sorted.timestamps;
    values = sorted.values;
    histograms = sorted.histograms;
    startTimestamps = sorted.startTimestamps;
    weights = sorted.weights;
    size = sorted.size;
  }

  /** Leaves out samples up to a time; they must be in order. */
  void dropUpTo(long time) {
    int from = 0;
    while (from < size && timestamps[from] <= time) {
      from++;
    }
    if (from == 0) {
      return;
    }
    size -= from;
    System.arraycopy(timestamps, from, timestamps, 0, size);
    System.arraycopy(values, from, values, 0, size);
    if (histograms != null) {
      System.arraycopy(histograms, from, histograms, 0, size);
    }
    if (startTimestamps != null) {
      System.arraycopy(startTimestamps, from, startTimestamps, 0, size);
    }
    if (weights != null) {
      System.arraycopy(weights, from, weights, 0, size);
    }
  }

  private void grow() {
    if (size < timestamps.length) {
      if (histograms != null) {
        histograms[size] = null;
      }
      if (startTimestamps != null) {
        startTimestamps[size] = 0;
      }
      if (weights != null) {
        weights[size] = 1;
      }
      return;
    }
    growTo(size + 1);
  }

  private void growTo(int needed) {
    if (needed <= timestamps.length) {
      return;
    }
    int capacity = Math.max(needed, timestamps.length * 2);
    timestamps = Arrays.copyOf(timestamps, capacity);
    values = Arrays.copyOf(values, capacity);
    if (histograms != null) {
      histograms = Arrays.copyOf(histograms, capacity);
    }
    if (startTimestamps != null) {
      startTimestamps = Arrays.copyOf(startTimestamps, capacity);
    }
    if (weights != null) {
      int known = weights.length;
      weights = Arrays.copyOf(weights, capacity);
      Arrays.fill(weights, known, capacity, 1);
    }
  }
}
