package io.trilith.promql.histogram;

import io.trilith.engine.KahanSum;
import io.trilith.tsdb.NativeHistogram.ResetHint;

/**
 * Adds histograms, all exponential or all custom, with compensation. Schemas are reduced to the
 * lowest, zero buckets widened to the widest, custom bounds cut to the shared ones. Confined to one
 * thread.
 */
public final class HistogramSum {
  private FloatHistogram sum;
  private FloatHistogram lost;
  private boolean reconciledBounds;
  private boolean sawReset;
  private boolean sawNoReset;

  public HistogramSum(FloatHistogram first) {
    sum = first;
    lost =
        new FloatHistogram(
            first.shape(),
            new FloatHistogram.Totals(0, 0, 0),
            first.positive().scale(0),
            first.negative().scale(0));
    note(first.hint());
  }

  /** The sum of two. */
  public static FloatHistogram of(FloatHistogram a, FloatHistogram b) {
    return new HistogramSum(a).add(b).result();
  }

  private void note(ResetHint hint) {
    sawReset |= hint == ResetHint.YES;
    sawNoReset |= hint == ResetHint.NO;
  }

  /** Adds one that is {@linkplain FloatHistogram#compatible compatible}. */
  public HistogramSum add(FloatHistogram histogram) {
    if (!sum.compatible(histogram)) {
      throw new IllegalArgumentException("exponential and custom buckets cannot be added");
    }
    note(histogram.hint());
    ResetHint hint = combine(sum.hint(), histogram.hint());
    FloatHistogram aligned = align(histogram);
    Buckets.Compensated positive = Buckets.add(sum.positive(), lost.positive(), aligned.positive());
    Buckets.Compensated negative = Buckets.add(sum.negative(), lost.negative(), aligned.negative());
    double zeros = sum.zeroCount() + aligned.zeroCount();
    double count = sum.count() + aligned.count();
    double total = sum.sum() + aligned.sum();
    FloatHistogram.Shape shape =
        new FloatHistogram.Shape(sum.schema(), hint, sum.zeroThreshold(), sum.bounds());
    FloatHistogram.Totals errors =
        new FloatHistogram.Totals(
            lost.zeroCount() + KahanSum.error(sum.zeroCount(), aligned.zeroCount(), zeros),
            lost.count() + KahanSum.error(sum.count(), aligned.count(), count),
            lost.sum() + KahanSum.error(sum.sum(), aligned.sum(), total));
    lost = new FloatHistogram(shape, errors, positive.compensation(), negative.compensation());
    sum =
        new FloatHistogram(
            shape, new FloatHistogram.Totals(zeros, count, total), positive.sum(), negative.sum());
    return this;
  }

  private static ResetHint combine(ResetHint a, ResetHint b) {
    if (a == b) {
      return a;
    }
    return a == ResetHint.GAUGE || b == ResetHint.GAUGE ? ResetHint.GAUGE : ResetHint.UNKNOWN;
  }

  private FloatHistogram align(FloatHistogram histogram) {
    FloatHistogram other = histogram;
    if (sum.custom()) {
      if (!sum.sameBounds(other)) {
        reconciledBounds = true;
        double[] shared = FloatHistogram.sharedBounds(sum, other);
        sum = sum.withBounds(shared);
        lost = lost.withBounds(shared);
        other = other.withBounds(shared);
      }
      return other;
    }
    while (sum.zeroThreshold() != other.zeroThreshold()) {
      if (sum.zeroThreshold() < other.zeroThreshold()) {
        double threshold = sum.thresholdFrom(other.zeroThreshold());
        sum = sum.foldZero(threshold);
        lost = lost.foldZero(threshold);
      } else {
        other = other.foldZero(other.thresholdFrom(sum.zeroThreshold()));
      }
    }
    int schema = Math.min(sum.schema(), other.schema());
    sum = sum.reduceTo(schema);
    lost = lost.reduceTo(schema);
    return other.reduceTo(schema);
  }

  /** Whether custom bounds differed. */
  public boolean reconciledBounds() {
    return reconciledBounds;
  }

  /** Whether one summand says it follows a reset and another that it does not. */
  public boolean conflictingResets() {
    return sawReset && sawNoReset;
  }

  /** Whether a total or bucket went beyond what a double holds. */
  public boolean overflowed() {
    return Double.isInfinite(sum.count())
        || Double.isInfinite(sum.sum())
        || Double.isInfinite(sum.zeroCount())
        || Double.isInfinite(sum.positive().total())
        || Double.isInfinite(sum.negative().total());
  }

  public FloatHistogram result() {
    return new FloatHistogram(
        sum.shape(),
        new FloatHistogram.Totals(
            corrected(sum.zeroCount(), lost.zeroCount()),
            corrected(sum.count(), lost.count()),
            corrected(sum.sum(), lost.sum())),
        corrected(sum.positive(), lost.positive()),
        corrected(sum.negative(), lost.negative()));
  }

  private static double corrected(double total, double error) {
    return Double.isInfinite(total) ? total : total + error;
  }

  private static Buckets corrected(Buckets total, Buckets error) {
    double[] counts = new double[total.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = corrected(total.count()[i], error.count()[i]);
    }
    return new Buckets(total.index(), counts);
  }
}
