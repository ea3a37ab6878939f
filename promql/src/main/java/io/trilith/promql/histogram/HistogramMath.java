package io.trilith.promql.histogram;

import io.trilith.engine.KahanSum;

/** Quantiles, fractions and moments of native histograms, interpolated within buckets. */
public final class HistogramMath {
  private HistogramMath() {}

  /** NaN when the histogram is empty, or when the rank falls among NaN observations. */
  public static double quantile(double q, FloatHistogram h) {
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (h.count() == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    // NaN observations are in the count but in no bucket: only counting upwards is right then.
    boolean upwards = Double.isNaN(h.sum()) || q < 0.5;
    double rank = (upwards ? q : 1 - q) * h.count();
    BucketCursor cursor = new BucketCursor(h);
    double seen = 0;
    double inBucket = 0;
    double lower = 0;
    double upper = 0;
    if (!upwards) {
      cursor.toEnd();
    }
    while (upwards ? cursor.next() : cursor.previous()) {
      if (cursor.count() == 0) {
        continue;
      }
      inBucket = cursor.count();
      lower = cursor.lower();
      upper = cursor.upper();
      seen += inBucket;
      if (seen >= rank) {
        break;
      }
    }
    if (inBucket == 0) {
      return Double.NaN;
    }
    seen = Math.min(seen, h.count());
    if (seen < rank) {
      return Double.NaN;
    }
    double within = upwards ? rank - (seen - inBucket) : seen - rank;
    return interpolate(h, lower, upper, within / inBucket);
  }

  private static double interpolate(
      FloatHistogram h, double bucketLower, double bucketUpper, double fraction) {
    double lower = bucketLower;
    double upper = bucketUpper;
    if (h.custom()) {
      if (lower == Double.NEGATIVE_INFINITY) {
        if (upper <= 0) {
          return upper;
        }
        lower = 0;
      }
      return upper == Double.POSITIVE_INFINITY ? lower : lower + (upper - lower) * fraction;
    }
    if (lower < 0 && upper > 0) {
      lower = zeroLower(h);
      upper = zeroUpper(h);
    }
    if (lower <= 0 && upper >= 0) {
      return lower + (upper - lower) * fraction;
    }
    double logLower = log2(Math.abs(lower));
    double logUpper = log2(Math.abs(upper));
    return lower > 0
        ? Math.pow(2, logLower + (logUpper - logLower) * fraction)
        : -Math.pow(2, logUpper + (logLower - logUpper) * (1 - fraction));
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  /** Zeros are taken as positive when there are no negative observations. */
  static double zeroLower(FloatHistogram h) {
    return h.negative().isEmpty() && !h.positive().isEmpty() ? 0 : -h.zeroThreshold();
  }

  static double zeroUpper(FloatHistogram h) {
    return h.positive().isEmpty() && !h.negative().isEmpty() ? 0 : h.zeroThreshold();
  }

  /** The share of observations between two values; NaN when there are none. */
  public static double fraction(double lower, double upper, FloatHistogram h) {
    if (h.count() == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    if (lower >= upper) {
      return 0;
    }
    return (rank(h, upper) - rank(h, lower)) / h.count();
  }

  /** How many observations are below a value. */
  private static double rank(FloatHistogram h, double value) {
    BucketCursor cursor = new BucketCursor(h);
    double below = 0;
    while (cursor.next()) {
      double lower = cursor.zero() ? zeroLower(h) : cursor.lower();
      double upper = cursor.zero() ? zeroUpper(h) : cursor.upper();
      below += cursor.count() * shareBelow(h, lower, upper, value);
    }
    return below;
  }

  /** The share of a bucket's observations that is taken to be below a value, 0 to 1. */
  static double shareBelow(FloatHistogram h, double lower, double upper, double value) {
    if (value >= upper) {
      return 1;
    }
    if (value <= lower) {
      return 0;
    }
    if (h.custom()) {
      double from = lower == Double.NEGATIVE_INFINITY ? 0 : lower;
      if (lower == Double.NEGATIVE_INFINITY && upper <= 0) {
        return 1;
      }
      if (upper == Double.POSITIVE_INFINITY || value <= from) {
        return 0;
      }
      return (value - from) / (upper - from);
    }
    if (lower <= 0 && upper >= 0) {
      return (value - lower) / (upper - lower);
    }
    double logLower = log2(Math.abs(lower));
    double logUpper = log2(Math.abs(upper));
    double logValue = log2(Math.abs(value));
    return (logValue - logLower) / (logUpper - logLower);
  }

  /** The variance, every observation taken to be in the middle of its bucket. */
  public static double variance(FloatHistogram h) {
    double mean = h.sum() / h.count();
    double total = 0;
    double compensation = 0;
    BucketCursor cursor = new BucketCursor(h);
    while (cursor.next()) {
      if (cursor.count() == 0) {
        continue;
      }
      double distance = middle(h, cursor.lower(), cursor.upper()) - mean;
      double term = cursor.count() * distance * distance;
      double next = total + term;
      compensation += KahanSum.error(total, term, next);
      total = next;
    }
    return (Double.isInfinite(total) ? total : total + compensation) / h.count();
  }

  private static double middle(FloatHistogram h, double lower, double upper) {
    if (h.custom()) {
      return (lower + upper) / 2;
    }
    if (lower <= 0 && upper >= 0) {
      return 0;
    }
    double middle = Math.sqrt(lower * upper);
    return upper < 0 ? -middle : middle;
  }
}
