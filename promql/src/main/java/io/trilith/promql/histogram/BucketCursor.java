package io.trilith.promql.histogram;

/**
 * Walks all buckets of a histogram from the lowest to the highest, or back. As in Prometheus, a
 * zero bucket that counts nothing, or less, is none. Not thread-safe.
 */
public final class BucketCursor {
  private final FloatHistogram histogram;
  private final int negatives;
  private final int zeros;
  private final int size;
  private int at;

  public BucketCursor(FloatHistogram histogram) {
    this.histogram = histogram;
    this.negatives = histogram.negative().size();
    this.zeros = histogram.zeroCount() > 0 ? 1 : 0;
    this.size = negatives + zeros + histogram.positive().size();
    this.at = -1;
  }

  public boolean next() {
    return ++at < size;
  }

  /** Before the first call of {@link #previous}. */
  void toEnd() {
    at = size;
  }

  boolean previous() {
    return --at >= 0;
  }

  private boolean inNegative() {
    return at < negatives;
  }

  /** Whether this is the zero bucket. */
  public boolean zero() {
    return at >= negatives && at < negatives + zeros;
  }

  private int index() {
    return inNegative()
        ? histogram.negative().index()[negatives - 1 - at]
        : histogram.positive().index()[at - negatives - zeros];
  }

  public double count() {
    if (zero()) {
      return histogram.zeroCount();
    }
    return inNegative()
        ? histogram.negative().count()[negatives - 1 - at]
        : histogram.positive().count()[at - negatives - zeros];
  }

  public double lower() {
    if (zero()) {
      return -histogram.zeroThreshold();
    }
    if (inNegative()) {
      return -histogram.upperBound(index());
    }
    double lower = histogram.upperBound(index() - 1);
    return lower > 0 && lower < histogram.zeroThreshold() ? histogram.zeroThreshold() : lower;
  }

  public double upper() {
    if (zero()) {
      return histogram.zeroThreshold();
    }
    if (inNegative()) {
      double upper = -histogram.upperBound(index() - 1);
      return upper < 0 && upper > -histogram.zeroThreshold() ? -histogram.zeroThreshold() : upper;
    }
    return histogram.upperBound(index());
  }

  /** Which bounds belong to the bucket: 0 the upper one, 1 the lower one, 2 none, 3 both. */
  public int boundaryRule() {
    if (zero() || (histogram.custom() && index() == 0)) {
      return 3;
    }
    return inNegative() ? 1 : 0;
  }
}
