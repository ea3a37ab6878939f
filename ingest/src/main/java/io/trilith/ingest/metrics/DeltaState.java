package io.trilith.ingest.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The running totals of one tenant's delta series, kept in memory and bounded: the series unused
 * longest is forgotten. After a restart, or once forgotten, a series starts anew at zero with a new
 * start time, which queries see as a counter reset. One request at a time changes it; what a
 * request changed is undone when it cannot be stored, so that its retry counts once. Thread-safe.
 */
final class DeltaState {
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<Key, Total> totals;
  private final Key probe = new Key();

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

    Total(Key key, long startMillis) {
      this.key = key;
      this.startMillis = startMillis;
    }
  }

  DeltaState(int seriesMax) {
    totals =
        new LinkedHashMap<>(64, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Total> eldest) {
            return size() > seriesMax;
          }
        };
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
    private boolean kept;
    private double value;
    private long startMillis;

    /** Adds a delta; false when the series has this time or a later one already. */
    boolean add(
        byte[] key, int from, int length, long deltaStartMillis, long timeMillis, double delta) {
      probe.set(key, from, length);
      Total total = totals.get(probe);
      if (total != null && timeMillis <= total.timeMillis) {
        return false;
      }
      if (total == null) {
        total = new Total(probe.kept(), deltaStartMillis > 0 ? deltaStartMillis : timeMillis);
        remember(total, Long.MIN_VALUE);
        total.value = delta;
        totals.put(total.key, total);
      } else {
        remember(total, total.timeMillis);
        total.value += delta;
      }
      total.timeMillis = timeMillis;
      value = total.value;
      startMillis = total.startMillis;
      return true;
    }

    private void remember(Total total, long timeBefore) {
      int at = changed.size();
      if (at == times.length) {
        times = Arrays.copyOf(times, at * 2);
        values = Arrays.copyOf(values, at * 2);
      }
      times[at] = timeBefore;
      values[at] = total.value;
      changed.add(total);
    }

    /** The total after the last {@link #add}. */
    double value() {
      return value;
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
          undo(changed.get(i), times[i], values[i]);
        }
      } finally {
        lock.unlock();
      }
    }

    private void undo(Total total, long timeBefore, double valueBefore) {
      if (timeBefore == Long.MIN_VALUE) {
        totals.remove(total.key);
      } else {
        total.timeMillis = timeBefore;
        total.value = valueBefore;
        totals.put(total.key, total);
      }
    }
  }
}
