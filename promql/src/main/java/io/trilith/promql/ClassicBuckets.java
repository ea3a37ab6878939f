package io.trilith.promql;

import io.trilith.engine.FloatText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The buckets of one classic histogram at one time. Not thread-safe. */
final class ClassicBuckets {
  private static final double TOLERANCE = 1e-12;

  /** Cumulative count up to a bound. */
  private record Bucket(double upper, double count) {}

  private List<Bucket> buckets = new ArrayList<>();
  private double minimum = Double.NaN;
  private double maximum = Double.NaN;
  private double largestDifference;

  void clear() {
    buckets.clear();
  }

  boolean isEmpty() {
    return buckets.isEmpty();
  }

  void add(double upper, double count) {
    buckets.add(new Bucket(upper, count));
  }

  /** Sorts and joins; whether there is a last bucket without an end. */
  private boolean prepare() {
    buckets.sort(Comparator.comparingDouble(Bucket::upper));
    if (buckets.getLast().upper() != Double.POSITIVE_INFINITY) {
      return false;
    }
    List<Bucket> joined = new ArrayList<>();
    for (Bucket bucket : buckets) {
      boolean same = !joined.isEmpty() && joined.getLast().upper() == bucket.upper();
      if (same) {
        Bucket last = joined.removeLast();
        joined.add(new Bucket(last.upper(), last.count() + bucket.count()));
      } else {
        joined.add(bucket);
      }
    }
    buckets = joined;
    return true;
  }

  /**
   * Makes counts ascend. Whether any of them fell by more than what rounding explains; then {@link
   * #details} says where.
   */
  boolean makeMonotonic() {
    boolean forced = false;
    minimum = Double.NaN;
    maximum = Double.NaN;
    largestDifference = 0;
    if (buckets.isEmpty() || !prepare() || buckets.size() < 2) {
      return false;
    }
    double highest = buckets.get(0).count();
    for (int i = 1; i < buckets.size(); i++) {
      Bucket bucket = buckets.get(i);
      if (bucket.count() > highest
          && bucket.count() - highest > TOLERANCE * Math.abs(bucket.count() + highest)) {
        highest = bucket.count();
      } else if (bucket.count() != highest) {
        double fall = highest - bucket.count();
        if (fall > TOLERANCE * Math.abs(bucket.count() + highest)) {
          forced = true;
          minimum = Double.isNaN(minimum) ? bucket.upper() : minimum;
          maximum = bucket.upper();
          largestDifference = Math.max(largestDifference, fall);
        }
        buckets.set(i, new Bucket(bucket.upper(), highest));
      }
    }
    return forced;
  }

  /** Where counts fell. */
  String details() {
    return "from buckets "
        + FloatText.json(minimum)
        + " to "
        + FloatText.json(maximum)
        + ", with a max diff of "
        + FloatText.json(largestDifference);
  }

  /** After {@link #makeMonotonic}. */
  double quantile(double q) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0 || q > 1) {
      return q < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (incomplete() || buckets.size() < 2) {
      return Double.NaN;
    }
    double observations = buckets.getLast().count();
    if (observations == 0 || Double.isNaN(observations)) {
      return Double.NaN;
    }
    double rank = q * observations;
    int at = 0;
    while (at < buckets.size() - 1 && buckets.get(at).count() < rank) {
      at++;
    }
    if (at == buckets.size() - 1) {
      return buckets.get(at - 1).upper();
    }
    double end = buckets.get(at).upper();
    if (at == 0 && end <= 0) {
      return end;
    }
    double start = at == 0 ? 0 : buckets.get(at - 1).upper();
    double before = at == 0 ? 0 : buckets.get(at - 1).count();
    double count = buckets.get(at).count() - before;
    return start + (end - start) * ((rank - before) / count);
  }

  private boolean incomplete() {
    return buckets.isEmpty() || buckets.getLast().upper() != Double.POSITIVE_INFINITY;
  }

  /** The share of observations between two values. After {@link #makeMonotonic}. */
  double fraction(double lower, double upper) {
    if (incomplete()) {
      return Double.NaN;
    }
    double observations = buckets.getLast().count();
    if (observations == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    return lower >= upper ? 0 : (rank(upper) - rank(lower)) / observations;
  }

  private double rank(double value) {
    double start = Double.NEGATIVE_INFINITY;
    double before = 0;
    for (Bucket bucket : buckets) {
      if (value < bucket.upper()) {
        double from = start == Double.NEGATIVE_INFINITY && bucket.upper() > 0 ? 0 : start;
        if (from == Double.NEGATIVE_INFINITY && value > from) {
          // Nobody knows where below its bound a first bucket's observations are.
          return bucket.count();
        }
        if (value <= from) {
          return before;
        }
        return bucket.upper() == Double.POSITIVE_INFINITY
            ? before
            : before + (bucket.count() - before) * (value - from) / (bucket.upper() - from);
      }
      start = bucket.upper();
      before = bucket.count();
    }
    return before;
  }
}
