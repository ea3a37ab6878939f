package io.trilith.ingest.metrics;

import io.trilith.net.wire.Numbers;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;

/** Makes OpenTelemetry's exponential histograms Prometheus's native ones. */
final class ExponentialHistograms {
  /** What OpenTelemetry means by a zero threshold that nobody set. */
  private static final double ZERO_THRESHOLD_DEFAULT = 1e-128;

  /** Gaps up to this many empty buckets are cheaper than another span. */
  private static final int GAP_MAX = 2;

  private ExponentialHistograms() {}

  /** Spans and counts of one sign. */
  @SuppressWarnings("ArrayRecordComponent") // taken apart at once
  private record Layout(int[] offsets, int[] lengths, double[] counts) {}

  /** The scale is at least -4; above 8 neighbouring buckets are merged. */
  static NativeHistogram of(OtlpPoint point) {
    int down = Math.max(0, point.scale - NativeHistogram.SCHEMA_MAX);
    Layout positive = layout(point.positive, down);
    Layout negative = layout(point.negative, down);
    return new NativeHistogram(
        point.scale - down,
        NativeHistogram.ResetHint.UNKNOWN,
        true,
        point.zeroThreshold > 0 ? point.zeroThreshold : ZERO_THRESHOLD_DEFAULT,
        point.zeroCount,
        point.count,
        point.noValue ? StaleMarker.VALUE : point.sum,
        positive.offsets(),
        positive.lengths(),
        positive.counts(),
        negative.offsets(),
        negative.lengths(),
        negative.counts(),
        new double[0]);
  }

  /** OpenTelemetry's bucket i ends where Prometheus's bucket i + 1 does. */
  private static Layout layout(OtlpPoint.Buckets buckets, int down) {
    Numbers in = buckets.counts;
    int[] offsets = new int[in.size()];
    int[] lengths = new int[in.size()];
    double[] counts = new double[in.size()];
    int spans = 0;
    int size = 0;
    long lastIndex = 0;
    for (int i = 0; i < in.size(); i++) {
      long count = in.get(i);
      if (count == 0) {
        continue;
      }
      long index = (((long) buckets.offset + i) >> Math.min(down, 63)) + 1;
      if (spans > 0 && index == lastIndex) {
        counts[size - 1] += count;
        continue;
      }
      long gap = index - lastIndex - 1;
      if (spans == 0 || gap > GAP_MAX) {
        offsets[spans] = (int) (spans == 0 ? index : gap);
        spans++;
      } else {
        size += (int) gap;
        lengths[spans - 1] += (int) gap;
      }
      lengths[spans - 1]++;
      counts[size++] = count;
      lastIndex = index;
    }
    return new Layout(
        Arrays.copyOf(offsets, spans), Arrays.copyOf(lengths, spans), Arrays.copyOf(counts, size));
  }
}
