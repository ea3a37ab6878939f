package io.trilith.promql.histogram;

/**
 * The operators {@code </} and {@code >/}: drop the observations above or below a value. Where a
 * bucket is cut its observations are shared out by interpolation; the sum is estimated anew once
 * anything was dropped.
 */
public final class HistogramTrim {
  private final FloatHistogram histogram;
  private final double value;
  private final boolean keepBelow;
  private double count;
  private double sum;
  private boolean changed;
  private boolean inZeroBucket;

  private HistogramTrim(FloatHistogram histogram, double value, boolean keepBelow) {
    this.histogram = histogram;
    this.value = value;
    this.keepBelow = keepBelow;
  }

  /** What is below the value, {@code h </ value}. */
  public static FloatHistogram below(FloatHistogram histogram, double value) {
    return new HistogramTrim(histogram, value, true).trim();
  }

  /** What is above the value, {@code h >/ value}. */
  public static FloatHistogram above(FloatHistogram histogram, double value) {
    return new HistogramTrim(histogram, value, false).trim();
  }

  private FloatHistogram trim() {
    if (value == (keepBelow ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY)) {
      return histogram;
    }
    Buckets negative = side(histogram.negative(), true);
    inZeroBucket = true;
    double zeros =
        keep(
            HistogramMath.zeroLower(histogram),
            HistogramMath.zeroUpper(histogram),
            histogram.zeroCount());
    inZeroBucket = false;
    Buckets positive = side(histogram.positive(), false);
    if (!changed) {
      return histogram;
    }
    return new FloatHistogram(
        histogram.shape(), new FloatHistogram.Totals(zeros, count, sum), positive, negative);
  }

  private Buckets side(Buckets buckets, boolean mirrored) {
    double[] kept = new double[buckets.size()];
    for (int i = 0; i < kept.length; i++) {
      double outer = histogram.upperBound(buckets.index()[i]);
      double inner = histogram.upperBound(buckets.index()[i] - 1);
      kept[i] =
          mirrored
              ? keep(-outer, -inner, buckets.count()[i])
              : keep(inner, outer, buckets.count()[i]);
    }
    return new Buckets(buckets.index(), kept).compact();
  }

  private double keep(double lower, double upper, double observations) {
    if (observations == 0) {
      return 0;
    }
    if (Double.isInfinite(lower) || Double.isInfinite(upper)) {
      return keepOpen(lower, upper, observations);
    }
    double below = HistogramMath.shareBelow(histogram, lower, upper, value);
    double kept = observations * (keepBelow ? below : 1 - below);
    if (kept != observations) {
      changed = true;
    }
    if (kept == 0) {
      return 0;
    }
    double from = keepBelow ? lower : Math.max(lower, value);
    double to = keepBelow ? Math.min(upper, value) : upper;
    count += kept;
    sum += kept * middle(from, to);
    return kept;
  }

  /** A bucket without an end is kept or dropped as a whole. */
  private double keepOpen(double lower, double upper, double observations) {
    boolean first = lower == Double.NEGATIVE_INFINITY;
    boolean guessedStart = first && upper > 0 && upper != Double.POSITIVE_INFINITY;
    if (guessedStart && (keepBelow || value >= 0)) {
      return keep(0, upper, observations);
    }
    boolean keeps;
    double at;
    if (first && upper == Double.POSITIVE_INFINITY) {
      keeps = false;
      at = 0;
    } else if (first) {
      keeps = keepBelow && value != Double.NEGATIVE_INFINITY;
      at = Math.min(upper, value);
    } else {
      keeps = !keepBelow && value != Double.POSITIVE_INFINITY;
      at = Math.max(lower, value);
    }
    if (!keeps) {
      changed = true;
      return 0;
    }
    count += observations;
    sum += observations * at;
    return observations;
  }

  private double middle(double lower, double upper) {
    if (histogram.custom() || inZeroBucket || (lower <= 0 && upper >= 0)) {
      return (lower + upper) / 2;
    }
    double middle = Math.sqrt(lower * upper);
    return upper < 0 ? -middle : middle;
  }
}
