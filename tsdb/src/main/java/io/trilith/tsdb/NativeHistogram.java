package io.trilith.tsdb;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A Prometheus native histogram with absolute, floating bucket counts (integer histograms are exact
 * up to 2^53). Bucket arrays hold the counts of all spans in order; a span's offset is the gap to
 * the previous span's end (the first one's the index of the first bucket), as on the wire. Schema
 * -53 has custom bounds: positive spans index into {@link #customBounds}. A stale marker is a
 * histogram whose sum is the stale NaN. Treat the arrays as immutable.
 *
 * @param resetHint what is known about a counter reset between the sample before and this one
 * @param integer whether the counts arrived as integers
 */
@SuppressWarnings(
    "ArrayRecordComponent") // arrays of primitives are the point; equals is written out
public record NativeHistogram(
    int schema,
    ResetHint resetHint,
    boolean integer,
    double zeroThreshold,
    double zeroCount,
    double count,
    double sum,
    int[] positiveOffsets,
    int[] positiveLengths,
    double[] positiveCounts,
    int[] negativeOffsets,
    int[] negativeLengths,
    double[] negativeCounts,
    double[] customBounds) {

  public static final int CUSTOM_BOUNDS_SCHEMA = -53;
  public static final int SCHEMA_MIN = -4;
  public static final int SCHEMA_MAX = 8;

  /** What is known about a counter reset before this sample; the ordinal is the wire value. */
  public enum ResetHint {
    UNKNOWN,
    YES,
    NO,
    GAUGE
  }

  /** Numbers in all its arrays. */
  public int numbers() {
    return positiveOffsets.length
        + positiveLengths.length
        + positiveCounts.length
        + negativeOffsets.length
        + negativeLengths.length
        + negativeCounts.length
        + customBounds.length;
  }

  public boolean hasCustomBounds() {
    return schema == CUSTOM_BOUNDS_SCHEMA;
  }

  /** The same with another hint. */
  public NativeHistogram withHint(ResetHint hint) {
    return new NativeHistogram(
        schema,
        hint,
        integer,
        zeroThreshold,
        zeroCount,
        count,
        sum,
        positiveOffsets,
        positiveLengths,
        positiveCounts,
        negativeOffsets,
        negativeLengths,
        negativeCounts,
        customBounds);
  }

  public boolean isStale() {
    return StaleMarker.is(sum);
  }

  /** Equal in every field, NaNs by their bits. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NativeHistogram h
        && schema == h.schema
        && resetHint == h.resetHint
        && integer == h.integer
        && bitsEqual(zeroThreshold, h.zeroThreshold)
        && bitsEqual(zeroCount, h.zeroCount)
        && bitsEqual(count, h.count)
        && bitsEqual(sum, h.sum)
        && Arrays.equals(positiveOffsets, h.positiveOffsets)
        && Arrays.equals(positiveLengths, h.positiveLengths)
        && Arrays.equals(positiveCounts, h.positiveCounts)
        && Arrays.equals(negativeOffsets, h.negativeOffsets)
        && Arrays.equals(negativeLengths, h.negativeLengths)
        && Arrays.equals(negativeCounts, h.negativeCounts)
        && Arrays.equals(customBounds, h.customBounds);
  }

  private static boolean bitsEqual(double a, double b) {
    return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(positiveCounts) * 31 + Double.hashCode(count) + schema;
  }
}
