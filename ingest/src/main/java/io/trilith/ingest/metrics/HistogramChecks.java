package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.tsdb.NativeHistogram;
import org.jspecify.annotations.Nullable;

/** What a native histogram must fulfil before it is stored. */
final class HistogramChecks {
  private HistogramChecks() {}

  /** What is wrong with it, or null. */
  static @Nullable String problem(NativeHistogram h, LimitsConfig limits) {
    if (h.schema() != NativeHistogram.CUSTOM_BOUNDS_SCHEMA
        && (h.schema() < NativeHistogram.SCHEMA_MIN
            || h.schema() > NativeHistograms.WIRE_SCHEMA_MAX)) {
      return "its schema " + h.schema() + " is unknown";
    }
    int buckets = h.positiveCounts().length + h.negativeCounts().length;
    if (buckets + h.customBounds().length > limits.histogramBucketsMax()) {
      return "it has "
          + buckets
          + " buckets; limits.histogram-buckets-max is "
          + limits.histogramBucketsMax();
    }
    String problem = h.hasCustomBounds() ? customProblem(h) : standardProblem(h);
    if (problem == null) {
      problem = spanProblem(h.positiveOffsets(), h.positiveLengths(), h.positiveCounts());
    }
    if (problem == null) {
      problem = spanProblem(h.negativeOffsets(), h.negativeLengths(), h.negativeCounts());
    }
    return problem == null ? countProblem(h) : problem;
  }

  private static @Nullable String standardProblem(NativeHistogram h) {
    if (h.customBounds().length > 0) {
      return "it has custom bounds without the schema for them";
    }
    return h.zeroThreshold() < 0 || Double.isNaN(h.zeroThreshold())
        ? "its zero threshold is negative"
        : null;
  }

  private static @Nullable String customProblem(NativeHistogram h) {
    if (h.negativeCounts().length > 0 || h.negativeLengths().length > 0) {
      return "it has custom bounds and negative buckets";
    }
    if (h.zeroCount() != 0 || h.zeroThreshold() != 0) {
      return "it has custom bounds and a zero bucket";
    }
    double[] bounds = h.customBounds();
    for (int i = 0; i < bounds.length; i++) {
      if (!Double.isFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) {
        return "its custom bounds are not finite and ascending";
      }
    }
    long last = 0;
    for (int i = 0; i < h.positiveOffsets().length; i++) {
      last += h.positiveOffsets()[i] + (long) h.positiveLengths()[i];
    }
    return last > bounds.length + 1L ? "it has more buckets than custom bounds" : null;
  }

  /** What is wrong with the buckets of one sign, or null. */
  static @Nullable String spanProblem(int[] offsets, int[] lengths, double[] counts) {
    long total = 0;
    for (int i = 0; i < offsets.length; i++) {
      if (i > 0 && offsets[i] < 0) {
        return "a span starts before the end of the one before";
      }
      total += lengths[i];
    }
    if (total != counts.length) {
      return "its spans need " + total + " buckets but it has " + counts.length;
    }
    for (double count : counts) {
      if (count < 0 || Double.isNaN(count)) {
        return "a bucket's count is negative";
      }
    }
    return null;
  }

  private static @Nullable String countProblem(NativeHistogram h) {
    if (h.isStale()) {
      return null;
    }
    if (h.count() < 0 || h.zeroCount() < 0) {
      return "its count is negative";
    }
    double sum = h.zeroCount();
    for (double count : h.positiveCounts()) {
      sum += count;
    }
    for (double count : h.negativeCounts()) {
      sum += count;
    }
    boolean wrong = h.integer() && (Double.isNaN(h.sum()) ? sum > h.count() : sum != h.count());
    return wrong
        ? "its buckets hold " + (long) sum + " but its count is " + (long) h.count()
        : null;
  }
}
