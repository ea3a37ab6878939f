package io.trilith.promql;

import io.trilith.storage.text.FloatText;

/** The buckets of one classic histogram at one time. Not thread-safe. */
final class ClassicBuckets {
  private static final double TOLERANCE = 1e-12;

  /** Cumulative counts up to bounds that ascend. */
  private final double[] uppers;

  private final double[] counts;
  private int size;
  private double minimum = Double.NaN;
  private double maximum = Double.NaN;
  private double largestDifference;

  /** Room for this many buckets. */
  ClassicBuckets(int sizeMax) {
    this.uppers = new double[sizeMax];
    this.counts = new double[sizeMax];
  }

  void clear() {
    size = 0;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Adds a bucket whose bound is not below that of the one before; equal ones are joined. */
  void add(double upper, double count) {
    if (size > 0 && uppers[size - 1] == upper) {
      counts[size - 1] += count;
    } else {
      uppers[size] = upper;
      counts[size++] = count;
    }
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
    if (incomplete()) {
      return false;
    }
    double highest = counts[0];
    for (int i = 1; i < size; i++) {
      double count = counts[i];
      if (count > highest && count - highest > TOLERANCE * Math.abs(count + highest)) {
        highest = count;
      } else if (count != highest) {
        double fall = highest - count;
        if (fall > TOLERANCE * Math.abs(count + highest)) {
          forced = true;
          minimum = Double.isNaN(minimum) ? uppers[i] : minimum;
          maximum = uppers[i];
          largestDifference = Math.max(largestDifference, fall);
        }
        counts[i] = highest;
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
    if (incomplete() || size < 2) {
      return Double.NaN;
    }
    double observations = counts[size - 1];
    if (observations == 0 || Double.isNaN(observations)) {
      return Double.NaN;
    }
    double rank = q * observations;
    int at = 0;
    while (at < size - 1 && counts[at] < rank) {
      at++;
    }
    if (at == size - 1) {
      return uppers[at - 1];
    }
    double end = uppers[at];
    if (at == 0 && end <= 0) {
      return end;
    }
    double start = at == 0 ? 0 : uppers[at - 1];
    double before = at == 0 ? 0 : counts[at - 1];
    double count = counts[at] - before;
    return start + (end - start) * ((rank - before) / count);
  }

  private boolean incomplete() {
    return size == 0 || uppers[size - 1] != Double.POSITIVE_INFINITY;
  }

  /** The share of observations between two values. After {@link #makeMonotonic}. */
  double fraction(double lower, double upper) {
    if (incomplete()) {
      return Double.NaN;
    }
    double observations = counts[size - 1];
    if (observations == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    return lower >= upper ? 0 : (rank(upper) - rank(lower)) / observations;
  }

  private double rank(double value) {
    double start = Double.NEGATIVE_INFINITY;
    double before = 0;
    for (int i = 0; i < size; i++) {
      if (value < uppers[i]) {
        double from = start == Double.NEGATIVE_INFINITY && uppers[i] > 0 ? 0 : start;
        if (from == Double.NEGATIVE_INFINITY && value > from) {
          // Nobody knows where below its bound a first bucket's observations are.
          return counts[i];
        }
        if (value <= from) {
          return before;
        }
        return uppers[i] == Double.POSITIVE_INFINITY
            ? before
            : before + (counts[i] - before) * (value - from) / (uppers[i] - from);
      }
      start = uppers[i];
      before = counts[i];
    }
    return before;
  }
}
