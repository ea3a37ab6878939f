package io.trilith.ingest.generator;

import io.trilith.config.MetricsGeneratorConfig.Histograms;
import io.trilith.storage.model.Labels;
import io.trilith.tracestore.TraceId;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A histogram of seconds, as the kinds of series that are wanted of it. Not thread-safe. */
final class Seconds {
  private final double[] bounds;
  private final long[] counts;
  private final byte[][] bucketKeys;
  private final byte[] sumKey;
  private final byte[] countKey;
  private final byte[] nativeKey;
  private final @Nullable NativeBuckets buckets;
  private double sum;
  private long count;

  /** By bucket, the last measurement since the last write. */
  private final @Nullable TraceId[] traces;

  private final double[] values;
  private final long[] times;

  Seconds(double[] bounds, Histograms kinds, Labels labels, String metric) {
    this.bounds = bounds;
    int all = bounds.length + 1;
    counts = new long[all];
    traces = new TraceId[all];
    values = new double[all];
    times = new long[all];
    sumKey = SeriesGroup.key(labels, metric + "_sum");
    countKey = SeriesGroup.key(labels, metric + "_count");
    nativeKey = SeriesGroup.key(labels, metric);
    buckets = kinds.exponential() ? new NativeBuckets() : null;
    bucketKeys = new byte[kinds.classic() ? all : 0][];
    for (int i = 0; i < bucketKeys.length; i++) {
      Labels bucket = labels.toBuilder().set("le", bound(i)).build();
      bucketKeys[i] = SeriesGroup.key(bucket, metric + "_bucket");
    }
  }

  /** Bounds that double from the first to the last. */
  static double[] doubling(double first, int count) {
    double[] bounds = new double[count];
    for (int i = 0; i < count; i++) {
      bounds[i] = first * (1 << i);
    }
    return bounds;
  }

  static int size(int bounds, Histograms kinds) {
    return 2 + (kinds.classic() ? bounds + 1 : 0) + (kinds.exponential() ? 1 : 0);
  }

  private String bound(int i) {
    if (i == bounds.length) {
      return "+Inf";
    }
    String text = Double.toString(bounds[i]);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  void observe(double seconds, TraceId trace, long nowMillis) {
    int at = Arrays.binarySearch(bounds, seconds);
    int bucket = at >= 0 ? at : ~at;
    counts[bucket]++;
    count++;
    sum += seconds;
    traces[bucket] = trace;
    values[bucket] = seconds;
    times[bucket] = nowMillis;
    if (buckets != null) {
      buckets.add(seconds);
    }
  }

  void write(SampleWriter out, long born, boolean fresh) {
    out.counter(sumKey, born, fresh, sum);
    out.counter(countKey, born, fresh, (double) count);
    long cumulative = 0;
    for (int i = 0; i < bucketKeys.length; i++) {
      cumulative += counts[i];
      int series = out.counter(bucketKeys[i], born, fresh, (double) cumulative);
      exemplar(out, series, i);
    }
    if (buckets != null) {
      int series =
          out.histogram(nativeKey, born, fresh ? buckets.nothing() : null, buckets.histogram(sum));
      for (int i = 0; i < counts.length; i++) {
        exemplar(out, series, i);
      }
    }
    Arrays.fill(traces, null);
  }

  private void exemplar(SampleWriter out, int series, int bucket) {
    TraceId trace = traces[bucket];
    if (trace != null) {
      out.exemplar(series, trace, values[bucket], times[bucket]);
    }
  }

  void end(SampleWriter out) {
    SeriesGroup.end(sumKey, out);
    SeriesGroup.end(countKey, out);
    for (byte[] key : bucketKeys) {
      SeriesGroup.end(key, out);
    }
    if (buckets != null) {
      out.histogram(nativeKey, 0, null, NativeBuckets.ended(StaleMarker.VALUE));
    }
  }
}
