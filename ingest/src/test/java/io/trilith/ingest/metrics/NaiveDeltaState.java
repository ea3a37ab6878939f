package io.trilith.ingest.metrics;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.NativeHistogram;
import java.util.ArrayList;
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
final class NaiveDeltaState {
  private final ReentrantLock lock = new ReentrantLock();
  private static final int BUCKETS_MAX = 20;

  private final int seriesMax;
  private final LinkedHashMap<Labels, Total> totals = new LinkedHashMap<>(64, 0.75f, true);
  private final Map<Labels, NativeHistogram> histograms = new java.util.HashMap<>();

  /** A total at a time. */
  private record Total(long startMillis, long timeMillis, double value) {}

  private record Change(Labels labels, @Nullable Total before) {}

  NaiveDeltaState(int seriesMax) {
    this.seriesMax = seriesMax;
  }

  /** Forgets what was used longest ago while there is too much: a histogram counts as several. */
  private void shrink() {
    long weight = 0;
    for (Labels labels : totals.keySet()) {
      NativeHistogram histogram = histograms.get(labels);
      weight += 1 + (histogram == null ? 0 : histogram.numbers() / 32);
    }
    while (weight > seriesMax && totals.size() > 1) {
      Labels eldest = totals.keySet().iterator().next();
      NativeHistogram histogram = histograms.remove(eldest);
      weight -= 1 + (histogram == null ? 0 : histogram.numbers() / 32);
      totals.remove(eldest);
    }
  }

  /** Takes the state for one request; close ends it, and undoes it unless it was kept. */
  Session open() {
    lock.lock();
    return new Session();
  }

  /** Confined to the thread that opened it. */
  final class Session implements AutoCloseable {
    private final List<Change> changes = new ArrayList<>();
    private @Nullable NativeHistogram histogram;
    private final List<Runnable> undone = new ArrayList<>();
    private boolean kept;
    private double value;
    private long startMillis;

    /** Adds a delta; false when the series has this time or a later one already. */
    boolean add(Labels labels, long deltaStartMillis, long timeMillis, double delta) {
      Total before = totals.get(labels);
      if (before != null && timeMillis <= before.timeMillis()) {
        return false;
      }
      long start = deltaStartMillis > 0 ? deltaStartMillis : timeMillis;
      startMillis = before == null ? start : before.startMillis();
      value = before == null ? delta : before.value() + delta;
      totals.put(labels, new Total(startMillis, timeMillis, value));
      changes.add(new Change(labels, before));
      shrink();
      return true;
    }

    /** The same for a histogram. */
    boolean add(Labels labels, long deltaStartMillis, long timeMillis, NativeHistogram delta) {
      NativeHistogram before = histograms.get(labels);
      if (!add(labels, deltaStartMillis, timeMillis, 0.0)) {
        return false;
      }
      histogram = before == null ? delta : NativeHistograms.sum(before, delta, BUCKETS_MAX);
      histograms.put(labels, histogram);
      shrink();
      undone.add(
          () -> {
            if (before == null) {
              histograms.remove(labels);
            } else {
              histograms.put(labels, before);
            }
          });
      return true;
    }

    NativeHistogram histogram() {
      return java.util.Objects.requireNonNull(histogram);
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
        (kept ? List.<Runnable>of() : undone.reversed()).forEach(Runnable::run);
        for (Change change : kept ? List.<Change>of() : changes.reversed()) {
          if (change.before() == null) {
            totals.remove(change.labels());
          } else {
            totals.put(change.labels(), change.before());
          }
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
