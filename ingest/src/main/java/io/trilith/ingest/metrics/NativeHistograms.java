package io.trilith.ingest.metrics;

import io.trilith.net.wire.Numbers;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;

/** Native histograms of what is sent, within the schemas that are stored. */
final class NativeHistograms {
  /** The finest schema on the wire; it is stored as {@link NativeHistogram#SCHEMA_MAX}. */
  static final int WIRE_SCHEMA_MAX = 52;

  /** What OpenTelemetry means by a zero threshold that nobody set. */
  private static final double ZERO_THRESHOLD_DEFAULT = 1e-128;

  private NativeHistograms() {}

  /** What a histogram has besides its buckets. */
  private record Totals(double zeroThreshold, double zeroCount, double count, double sum) {}

  /** Of an exponential histogram whose scale is at least -4; a finer scale than 8 becomes 8. */
  static NativeHistogram exponential(OtlpPoint point) {
    int down = Math.max(0, point.scale - NativeHistogram.SCHEMA_MAX);
    Totals totals =
        new Totals(
            point.zeroThreshold > 0 ? point.zeroThreshold : ZERO_THRESHOLD_DEFAULT,
            (double) point.zeroCount,
            (double) point.count,
            point.noValue ? StaleMarker.VALUE : point.sum);
    return of(
        point.scale - down,
        true,
        totals,
        BucketCounts.of(point.positive).coarser(down),
        BucketCounts.of(point.negative).coarser(down));
  }

  /** Of a histogram with bounds, which were checked. */
  static NativeHistogram withBounds(OtlpPoint point) {
    int bounds = point.bounds.size();
    boolean infinite = bounds > 0 && point.bounds.asDouble(bounds - 1) == Double.POSITIVE_INFINITY;
    double[] finite = new double[infinite ? bounds - 1 : bounds];
    for (int i = 0; i < finite.length; i++) {
      finite[i] = point.bounds.asDouble(i);
    }
    double[] counts = new double[finite.length + 1];
    Numbers in = point.bucketCounts;
    for (int i = 0; i < in.size(); i++) {
      counts[Math.min(i, finite.length)] += (double) in.get(i);
    }
    if (in.size() == 0) {
      counts[0] = (double) point.count;
    }
    double sum = point.noValue ? StaleMarker.VALUE : point.sum;
    return bounded(
        (double) point.count, sum, new int[] {0}, new int[] {counts.length}, counts, finite);
  }

  private static NativeHistogram bounded(
      double count, double sum, int[] offsets, int[] lengths, double[] counts, double[] bounds) {
    return new NativeHistogram(
        NativeHistogram.CUSTOM_BOUNDS_SCHEMA,
        ResetHint.UNKNOWN,
        true,
        0,
        0,
        count,
        sum,
        offsets,
        lengths,
        counts,
        new int[0],
        new int[0],
        new double[0],
        bounds);
  }

  private static NativeHistogram of(
      int schema, boolean integer, Totals totals, BucketCounts positive, BucketCounts negative) {
    BucketCounts.Layout above = positive.layout();
    BucketCounts.Layout below = negative.layout();
    return new NativeHistogram(
        schema,
        ResetHint.UNKNOWN,
        integer,
        totals.zeroThreshold,
        totals.zeroCount,
        totals.count,
        totals.sum,
        above.offsets(),
        above.lengths(),
        above.counts(),
        below.offsets(),
        below.lengths(),
        below.counts(),
        new double[0]);
  }

  /** As it is stored: schemas above 8 become 8. Spans that do not fit their counts stay as sent. */
  static NativeHistogram stored(NativeHistogram h) {
    boolean finer = h.schema() > NativeHistogram.SCHEMA_MAX && h.schema() <= WIRE_SCHEMA_MAX;
    if (!finer
        || HistogramChecks.spanProblem(h.positiveOffsets(), h.positiveLengths(), h.positiveCounts())
            != null
        || HistogramChecks.spanProblem(h.negativeOffsets(), h.negativeLengths(), h.negativeCounts())
            != null) {
      return h;
    }
    int down = h.schema() - NativeHistogram.SCHEMA_MAX;
    NativeHistogram coarse =
        of(
            NativeHistogram.SCHEMA_MAX,
            h.integer(),
            new Totals(h.zeroThreshold(), h.zeroCount(), h.count(), h.sum()),
            positive(h).coarser(down),
            negative(h).coarser(down));
    return new NativeHistogram(
        coarse.schema(),
        h.resetHint(),
        coarse.integer(),
        coarse.zeroThreshold(),
        coarse.zeroCount(),
        coarse.count(),
        coarse.sum(),
        coarse.positiveOffsets(),
        coarse.positiveLengths(),
        coarse.positiveCounts(),
        coarse.negativeOffsets(),
        coarse.negativeLengths(),
        coarse.negativeCounts(),
        h.customBounds());
  }

  private static BucketCounts positive(NativeHistogram h) {
    return BucketCounts.of(h.positiveOffsets(), h.positiveLengths(), h.positiveCounts());
  }

  private static BucketCounts negative(NativeHistogram h) {
    return BucketCounts.of(h.negativeOffsets(), h.negativeLengths(), h.negativeCounts());
  }

  /** Whether one can be added to the other: both exponential, or both with the same bounds. */
  static boolean addable(NativeHistogram a, NativeHistogram b) {
    return a.hasCustomBounds() == b.hasCustomBounds()
        && Arrays.equals(a.customBounds(), b.customBounds());
  }

  /**
   * Two together, of the coarser schema and wider zero bucket.
   *
   * @param bucketsMax beyond this many buckets the schema becomes coarser still, while it can
   */
  static NativeHistogram sum(NativeHistogram a, NativeHistogram b, int bucketsMax) {
    double count = a.count() + b.count();
    double sum = a.sum() + b.sum();
    if (a.hasCustomBounds()) {
      BucketCounts.Layout both = positive(a).plus(positive(b)).layout();
      return bounded(count, sum, both.offsets(), both.lengths(), both.counts(), a.customBounds());
    }
    int schema = Math.min(a.schema(), b.schema());
    BucketCounts above =
        positive(a).coarser(a.schema() - schema).plus(positive(b).coarser(b.schema() - schema));
    BucketCounts below =
        negative(a).coarser(a.schema() - schema).plus(negative(b).coarser(b.schema() - schema));
    while (above.size() + below.size() > bucketsMax && schema > NativeHistogram.SCHEMA_MIN) {
      schema--;
      above = above.coarser(1);
      below = below.coarser(1);
    }
    double threshold = Math.max(a.zeroThreshold(), b.zeroThreshold());
    double zeros = a.zeroCount() + b.zeroCount();
    if (a.zeroThreshold() != b.zeroThreshold()) {
      threshold = below.uncut(above.uncut(threshold, schema), schema);
      threshold = above.uncut(threshold, schema);
      zeros += above.within(threshold, schema) + below.within(threshold, schema);
      above = above.beyond(threshold, schema);
      below = below.beyond(threshold, schema);
    }
    Totals totals = new Totals(threshold, zeros, count, sum);
    return of(schema, a.integer() && b.integer(), totals, above, below);
  }
}
