package io.trilith.traceql.metrics;

import io.trilith.engine.QueryBudget;
import io.trilith.traceql.ast.Metrics;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is kept of one group while spans go by. Not thread-safe. */
final class Accumulator {
  private static final int BYTES = 500;

  private final Windows windows;
  private final QueryBudget budget;
  private final long[] counts;
  private final double[] sums;
  private final double[] extremes;
  private final TreeMap<Integer, long[]> buckets = new TreeMap<>();
  private final List<Series.Exemplar> exemplars = new ArrayList<>();
  private long @Nullable [] last;
  private int lastExponent;

  Accumulator(Windows windows, QueryBudget budget) {
    this.windows = windows;
    this.budget = budget;
    budget.addBytes(BYTES + 24L * windows.count());
    counts = new long[windows.count()];
    sums = new double[windows.count()];
    extremes = new double[windows.count()];
    Arrays.fill(extremes, Double.NaN);
  }

  void count(int window) {
    counts[window]++;
  }

  void add(int window, double value) {
    counts[window]++;
    sums[window] += value;
  }

  void extreme(int window, double value, boolean max) {
    double before = extremes[window];
    boolean better = Double.isNaN(before) || (max ? value > before : value < before);
    extremes[window] = better ? value : before;
  }

  /** Counts a positive number in the bucket of the next power of two. */
  void bucket(int window, double value) {
    if (value > 0) {
      int exponent = Math.getExponent(value);
      boolean exact = value == Math.scalb(1.0, exponent);
      int wanted = exact ? exponent : exponent + 1;
      long[] bucket = last;
      if (bucket == null || wanted != lastExponent) {
        bucket = buckets.computeIfAbsent(wanted, _ -> emptyBucket());
        last = bucket;
        lastExponent = wanted;
      }
      bucket[window]++;
    }
  }

  private long[] emptyBucket() {
    budget.addBytes(BYTES + 8L * windows.count());
    return new long[windows.count()];
  }

  void exemplar(TraceId id, double value, long timeMillis) {
    exemplars.add(new Series.Exemplar(id, value, timeMillis));
  }

  List<Series.Exemplar> exemplars() {
    return exemplars;
  }

  TreeMap<Integer, long[]> buckets() {
    return buckets;
  }

  double[] counts(boolean perSecond) {
    double[] values = new double[counts.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = perSecond ? counts[i] / windows.stepSeconds() : counts[i];
    }
    return values;
  }

  double[] measured(Metrics.OverTime.Kind kind) {
    double[] values = new double[counts.length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (kind) {
            case MIN, MAX -> extremes[i];
            case SUM -> counts[i] == 0 ? Double.NaN : sums[i];
            case AVG -> counts[i] == 0 ? Double.NaN : sums[i] / counts[i];
            case HISTOGRAM -> throw new IllegalStateException("histograms have buckets");
          };
    }
    return values;
  }

  /** The quantile of each window: exponential interpolation inside of a bucket. */
  double[] quantile(double quantile, double scale) {
    double[] values = new double[counts.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = quantile(quantile, i) * scale;
    }
    return values;
  }

  private double quantile(double quantile, int window) {
    long total = 0;
    for (long[] bucket : buckets.values()) {
      total += bucket[window];
    }
    if (total == 0) {
      return Double.NaN;
    }
    long wanted = Math.max(1, (long) Math.ceil(quantile * total));
    long before = 0;
    for (var bucket : buckets.entrySet()) {
      long here = bucket.getValue()[window];
      if (here > 0 && before + here >= wanted) {
        double part = (double) (wanted - before) / here;
        return Math.pow(2, bucket.getKey() - 1 + part);
      }
      before += here;
    }
    return Double.NaN;
  }
}
