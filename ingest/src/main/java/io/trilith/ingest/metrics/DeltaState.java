package io.trilith.ingest.metrics;

import io.trilith.tsdb.NativeHistogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The running totals of one tenant's delta series, kept in memory and bounded: the series unused
 * longest is forgotten. After a restart, or once forgotten, a series starts anew at zero with a new
 * start time, which queries see as a counter reset. One request at a time changes it; what a
 * request changed is undone when it cannot be stored, so that its retry counts once. Thread-safe.
 */
final class DeltaState {
  /** A series with a float takes about as much as this many numbers. */
  private static final int NUMBERS_OF_A_SERIES = 32;

  private final ReentrantLock lock = new ReentrantLock();
  private final int seriesMax;
  private final int bucketsMax;
  private final LinkedHashMap<Key, Total> totals = new LinkedHashMap<>(64, 0.75f, true);
  private final Key probe = new Key();

  /** What the totals take, as a number of series with a float. */
  private long weight;

  /** A series' key; one that is kept owns its bytes. */
  private static final class Key {
    private byte[] bytes = new byte[0];
    private int from;
    private int length;
    private int hash;

    void set(byte[] nextBytes, int nextFrom, int nextLength) {
      bytes = nextBytes;
      from = nextFrom;
      length = nextLength;
      hash = 1;
      for (int i = from; i < from + length; i++) {
        hash = 31 * hash + bytes[i];
      }
    }

    Key kept() {
      Key kept = new Key();
      kept.bytes = Arrays.copyOfRange(bytes, from, from + length);
      kept.length = length;
      kept.hash = hash;
      return kept;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && hash == key.hash
          && Arrays.equals(bytes, from, from + length, key.bytes, key.from, key.from + key.length);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** A total at a time. */
  private static final class Total {
    final Key key;
    long startMillis;
    long timeMillis;
    double value;

    /** Of a histogram's series, instead of the value. */
    @Nullable NativeHistogram histogram;

    long weight() {
      return histogram == null ? 1 : 1 + histogram.numbers() / NUMBERS_OF_A_SERIES;
    }

    Total(Key key, long startMillis) {
      this.key = key;
      this.startMillis = startMillis;
    }
  }

  /**
   * A state.
   *
   * @param seriesMax totals that are kept; a histogram counts as several
   * @param bucketsMax of a histogram
   */
  DeltaState(int seriesMax, int bucketsMax) {
    this.seriesMax = seriesMax;
    this.bucketsMax = bucketsMax;
  }

  /** Forgets what was unused longest while there is too much; never the one used last. */
  private void shrink() {
    if (weight <= seriesMax) {
      return;
    }
    Iterator<Total> eldest = totals.values().iterator();
    while (weight > seriesMax && totals.size() > 1) {
      weight -= eldest.next().weight();
      eldest.remove();
    }
  }

  /** Takes the state for one request; close ends it, and undoes it unless it was kept. */
  Session open() {
    lock.lock();
    return new Session();
  }

  /** Confined to the thread that opened it. */
  final class Session implements AutoCloseable {
    /** What was changed, and for each the time and value before; a time of MIN_VALUE: none. */
    private final List<Total> changed = new ArrayList<>();

    private long[] times = new long[16];
    private double[] values = new double[16];
    private @Nullable NativeHistogram[] histograms = new NativeHistogram[16];
    private boolean kept;
    private boolean isNew;
    private double value;
    private @Nullable NativeHistogram histogram;
    private long startMillis;

    /** Adds a delta; false when the series has this time or a later one already. */
    boolean add(
        byte[] key, int from, int length, long deltaStartMillis, long timeMillis, double delta) {
      Total total = begin(key, from, length, deltaStartMillis, timeMillis);
      if (total == null) {
        return false;
      }
      total.value = isNew ? delta : total.value + delta;
      value = total.value;
      return true;
    }

    /**
     * Adds the delta of a histogram; false as above. One with other bounds than the total's begins
     * anew.
     */
    boolean add(
        byte[] key,
        int from,
        int length,
        long deltaStartMillis,
        long timeMillis,
        NativeHistogram delta) {
      Total total = begin(key, from, length, deltaStartMillis, timeMillis);
      if (total == null) {
        return false;
      }
      NativeHistogram before = total.histogram;
      weight -= total.weight();
      if (before == null) {
        total.histogram = delta;
      } else if (NativeHistograms.addable(before, delta)) {
        total.histogram = NativeHistograms.sum(before, delta, bucketsMax);
      } else {
        total.histogram = delta;
        total.startMillis = start(deltaStartMillis, timeMillis);
        startMillis = total.startMillis;
      }
      weight += total.weight();
      shrink();
      histogram = total.histogram;
      return true;
    }

    /** The series' total, as of this time; null when it has this time or a later one already. */
    private @Nullable Total begin(
        byte[] key, int from, int length, long deltaStartMillis, long timeMillis) {
      probe.set(key, from, length);
      Total total = totals.get(probe);
      if (total != null && timeMillis <= total.timeMillis) {
        return null;
      }
      isNew = total == null;
      if (total == null) {
        total = new Total(probe.kept(), start(deltaStartMillis, timeMillis));
        remember(total, Long.MIN_VALUE);
        totals.put(total.key, total);
        weight += total.weight();
        shrink();
      } else {
        remember(total, total.timeMillis);
      }
      total.timeMillis = timeMillis;
      startMillis = total.startMillis;
      return total;
    }

    private static long start(long deltaStartMillis, long timeMillis) {
      return deltaStartMillis > 0 ? deltaStartMillis : timeMillis;
    }

    private void remember(Total total, long timeBefore) {
      int at = changed.size();
      if (at == times.length) {
        times = Arrays.copyOf(times, at * 2);
        values = Arrays.copyOf(values, at * 2);
        histograms = Arrays.copyOf(histograms, at * 2);
      }
      times[at] = timeBefore;
      values[at] = total.value;
      histograms[at] = total.histogram;
      changed.add(total);
    }

    /** The total after the last {@link #add}. */
    double value() {
      return value;
    }

    /** The total after a histogram was added. */
    NativeHistogram histogram() {
      return Objects.requireNonNull(histogram, "no histogram was added");
    }

    long startMillis() {
      return startMillis;
    }

    void keep() {
      kept = true;
    }

    @Override
    public void close() {
      try {
        for (int i = kept ? -1 : changed.size() - 1; i >= 0; i--) {
          undo(changed.get(i), times[i], values[i], histograms[i]);
        }
      } finally {
        lock.unlock();
      }
    }

    private void undo(
        Total total, long timeBefore, double valueBefore, @Nullable NativeHistogram before) {
      if (totals.remove(total.key, total)) {
        weight -= total.weight();
      }
      if (timeBefore != Long.MIN_VALUE) {
        total.timeMillis = timeBefore;
        total.value = valueBefore;
        total.histogram = before;
        totals.put(total.key, total);
        weight += total.weight();
      }
    }
  }
}
