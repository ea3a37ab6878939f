package io.trilith.promql.histogram;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import java.util.Arrays;
import java.util.TreeSet;

/**
 * A native histogram as queries compute with it. Immutable, thread-safe. Exponential ones have a
 * schema of -4 to 8, custom ones the schema -53 and bounds.
 */
public final class FloatHistogram {
  private final int schema;
  private final ResetHint hint;
  private final double zeroThreshold;
  private final double zeroCount;
  private final double count;
  private final double sum;
  private final Buckets positive;
  private final Buckets negative;
  private final double[] bounds;

  FloatHistogram(Shape shape, Totals totals, Buckets positive, Buckets negative) {
    this.schema = shape.schema;
    this.hint = shape.hint;
    this.zeroThreshold = shape.zeroThreshold;
    this.bounds = shape.bounds;
    this.zeroCount = totals.zeroCount;
    this.count = totals.count;
    this.sum = totals.sum;
    this.positive = positive;
    this.negative = negative;
  }

  /** What says how buckets are numbered. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Shape(int schema, ResetHint hint, double zeroThreshold, double[] bounds) {}

  /** The numbers that are not in buckets. */
  record Totals(double zeroCount, double count, double sum) {}

  public static FloatHistogram of(NativeHistogram h) {
    return new FloatHistogram(
        new Shape(h.schema(), h.resetHint(), h.zeroThreshold(), h.customBounds()),
        new Totals(h.zeroCount(), h.count(), h.sum()),
        Buckets.ofSpans(h.positiveOffsets(), h.positiveLengths(), h.positiveCounts()),
        Buckets.ofSpans(h.negativeOffsets(), h.negativeLengths(), h.negativeCounts()));
  }

  /** The same as the store keeps it, one span per bucket run. */
  public NativeHistogram toNative() {
    int[][] positiveSpans = positive.spans();
    int[][] negativeSpans = negative.spans();
    return new NativeHistogram(
        schema,
        hint,
        false,
        zeroThreshold,
        zeroCount,
        count,
        sum,
        positiveSpans[0],
        positiveSpans[1],
        positive.count(),
        negativeSpans[0],
        negativeSpans[1],
        negative.count(),
        bounds);
  }

  public int schema() {
    return schema;
  }

  public ResetHint hint() {
    return hint;
  }

  public double zeroThreshold() {
    return zeroThreshold;
  }

  public double zeroCount() {
    return zeroCount;
  }

  public double count() {
    return count;
  }

  public double sum() {
    return sum;
  }

  Buckets positive() {
    return positive;
  }

  Buckets negative() {
    return negative;
  }

  double[] bounds() {
    return bounds;
  }

  Shape shape() {
    return new Shape(schema, hint, zeroThreshold, bounds);
  }

  Totals totals() {
    return new Totals(zeroCount, count, sum);
  }

  public boolean custom() {
    return schema == NativeHistogram.CUSTOM_BOUNDS_SCHEMA;
  }

  /** Whether the two can be added: both exponential or both custom. */
  public boolean compatible(FloatHistogram other) {
    return custom() == other.custom();
  }

  public boolean sameBounds(FloatHistogram other) {
    return Arrays.equals(bounds, other.bounds);
  }

  public FloatHistogram withHint(ResetHint other) {
    return other == hint
        ? this
        : new FloatHistogram(
            new Shape(schema, other, zeroThreshold, bounds), totals(), positive, negative);
  }

  /** The upper bound of a bucket of the positive side. */
  double upperBound(int index) {
    if (custom()) {
      return index < 0
          ? Double.NEGATIVE_INFINITY
          : index < bounds.length ? bounds[index] : Double.POSITIVE_INFINITY;
    }
    if (schema < 0) {
      long exponent = (long) index << -schema;
      return exponent == 1024 ? Double.MAX_VALUE : power(1, exponent);
    }
    int perPower = 1 << schema;
    int fraction = index & (perPower - 1);
    long exponent = (index >> schema) + 1L;
    if (fraction == 0 && exponent == 1025) {
      return Double.MAX_VALUE;
    }
    return power(0.5 * Math.pow(2, (double) fraction / perPower), exponent);
  }

  private static double power(double mantissa, long exponent) {
    return Math.scalb(mantissa, Math.clamp(exponent, -5000, 5000));
  }

  /** All multiplied; a negative factor makes a gauge of it. */
  public FloatHistogram multiply(double factor) {
    ResetHint scaled = factor < 0 ? ResetHint.GAUGE : hint;
    return new FloatHistogram(
        new Shape(schema, scaled, zeroThreshold, bounds),
        new Totals(zeroCount * factor, count * factor, sum * factor),
        positive.scale(factor),
        negative.scale(factor));
  }

  /** All divided. Division by 0 leaves no buckets that could be shown. */
  public FloatHistogram divide(double divisor) {
    ResetHint scaled = divisor < 0 ? ResetHint.GAUGE : hint;
    return new FloatHistogram(
        new Shape(schema, scaled, zeroThreshold, bounds),
        new Totals(zeroCount / divisor, count / divisor, sum / divisor),
        divisor == 0 ? Buckets.NONE : positive.divide(divisor),
        divisor == 0 ? Buckets.NONE : negative.divide(divisor));
  }

  /** Without empty buckets. */
  public FloatHistogram compact() {
    return new FloatHistogram(shape(), totals(), positive.compact(), negative.compact());
  }

  /** The same observations in wider buckets. */
  FloatHistogram reduceTo(int lower) {
    if (lower >= schema) {
      return this;
    }
    int shift = schema - lower;
    Buckets.IndexMapping mapping = index -> ((index - 1) >> shift) + 1;
    return new FloatHistogram(
        new Shape(lower, hint, zeroThreshold, bounds),
        totals(),
        positive.renumber(mapping),
        negative.renumber(mapping));
  }

  /** The smallest threshold from the given one on that cuts no populated bucket. */
  double thresholdFrom(double threshold) {
    double found = threshold;
    boolean changed = true;
    while (changed) {
      double before = found;
      found = uncut(positive, uncut(negative, found));
      changed = found != before;
    }
    return found;
  }

  private double uncut(Buckets side, double threshold) {
    double found = threshold;
    for (int i = 0; i < side.size(); i++) {
      double upper = upperBound(side.index()[i]);
      if (side.count()[i] != 0 && upperBound(side.index()[i] - 1) < found && upper > found) {
        found = upper;
      }
    }
    return found;
  }

  /** Counts the buckets below the threshold as zeros. */
  FloatHistogram foldZero(double threshold) {
    int below = below(positive, threshold);
    int belowNegative = below(negative, threshold);
    double zeros = zeroCount;
    for (int i = 0; i < below; i++) {
      zeros += positive.count()[i];
    }
    for (int i = 0; i < belowNegative; i++) {
      zeros += negative.count()[i];
    }
    return new FloatHistogram(
        new Shape(schema, hint, threshold, bounds),
        new Totals(zeros, count, sum),
        positive.from(below),
        negative.from(belowNegative));
  }

  private int below(Buckets side, double threshold) {
    int at = 0;
    while (at < side.size() && upperBound(side.index()[at] - 1) < threshold) {
      at++;
    }
    return at;
  }

  /** The bounds both have. */
  static double[] sharedBounds(FloatHistogram a, FloatHistogram b) {
    TreeSet<Double> shared = new TreeSet<>();
    for (double bound : a.bounds) {
      if (Arrays.binarySearch(b.bounds, bound) >= 0) {
        shared.add(bound);
      }
    }
    return shared.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** The same observations over fewer custom bounds, all of which are bounds of this one too. */
  FloatHistogram withBounds(double[] fewer) {
    if (Arrays.equals(fewer, bounds)) {
      return this;
    }
    Buckets.IndexMapping mapping =
        index -> {
          int found = Arrays.binarySearch(fewer, upperBound(index));
          return found >= 0 ? found : -found - 1;
        };
    return new FloatHistogram(
        new Shape(schema, hint, zeroThreshold, fewer),
        totals(),
        positive.renumber(mapping),
        negative);
  }

  /** Whether a counter was reset between the histogram before and this one. */
  public boolean resetSince(FloatHistogram before) {
    if (hint == ResetHint.YES || hint == ResetHint.NO) {
      return hint == ResetHint.YES;
    }
    if (count < before.count || custom() != before.custom()) {
      return true;
    }
    if (custom()) {
      double[] shared = sharedBounds(this, before);
      return withBounds(shared).positive.lessThan(before.withBounds(shared).positive);
    }
    if (schema > before.schema || zeroThreshold < before.zeroThreshold) {
      return true;
    }
    if (before.thresholdFrom(zeroThreshold) != zeroThreshold) {
      return true;
    }
    FloatHistogram aligned = before.foldZero(zeroThreshold).reduceTo(schema);
    return zeroCount < aligned.zeroCount
        || positive.lessThan(aligned.positive)
        || negative.lessThan(aligned.negative);
  }

  /** Equal in all that a query can see; hints do not count, NaN equals NaN by its bits. */
  public boolean sameAs(FloatHistogram other) {
    return schema == other.schema
        && same(count, other.count)
        && same(sum, other.sum)
        && same(zeroThreshold, other.zeroThreshold)
        && zeroCount == other.zeroCount
        && sameBounds(other)
        && positive.compact().same(other.positive.compact())
        && negative.compact().same(other.negative.compact());
  }

  private static boolean same(double a, double b) {
    return Double.doubleToLongBits(a) == Double.doubleToLongBits(b);
  }

  @Override
  public String toString() {
    return HistogramText.of(this);
  }
}
