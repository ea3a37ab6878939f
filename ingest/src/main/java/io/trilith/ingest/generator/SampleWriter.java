package io.trilith.ingest.generator;

import io.trilith.storage.model.Labels;
import io.trilith.tracestore.TraceId;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the samples of one interval into batches of bounded size. Not thread-safe. */
final class SampleWriter {
  private static final int BATCH_SAMPLES = 50_000;

  private final long now;
  private final List<MetricBatch> batches = new ArrayList<>();
  private MetricBatch batch = new MetricBatch();

  SampleWriter(long nowMillis) {
    this.now = nowMillis;
  }

  long now() {
    return now;
  }

  /** What was gathered. */
  List<MetricBatch> batches() {
    List<MetricBatch> all = new ArrayList<>(batches);
    if (!batch.isEmpty()) {
      all.add(batch);
    }
    return all;
  }

  private int series(byte[] key) {
    if (batch.samples() >= BATCH_SAMPLES) {
      batches.add(batch);
      batch = new MetricBatch();
    }
    int from = batch.ownKeys().size();
    batch.ownKeys().putBytes(key);
    return batch.addOwnSeries(from);
  }

  /**
   * Adds a sample of now; returns the series' number for {@link #exemplar}.
   *
   * @param born when the series began
   * @param fresh whether it was never written: then it first gets a 0 from when it began, so that
   *     rates see its first step
   */
  int counter(byte[] key, long born, boolean fresh, double value) {
    int series = series(key);
    if (fresh) {
      batch.addSample(series, Math.min(born, now - 1), born, 0);
    }
    batch.addSample(series, now, born, value);
    return series;
  }

  void gauge(byte[] key, double value) {
    batch.addSample(series(key), now, 0, value);
  }

  int histogram(
      byte[] key, long born, @Nullable NativeHistogram nothing, NativeHistogram histogram) {
    int series = series(key);
    if (nothing != null) {
      batch.addHistogram(series, Math.min(born, now - 1), born, nothing);
    }
    batch.addHistogram(series, now, born, histogram);
    return series;
  }

  void exemplar(int series, TraceId trace, double value, long timeMillis) {
    Labels labels = Labels.of("traceID", trace.hex());
    batch.addExemplar(series, new Exemplar(labels, value, timeMillis));
  }

  void metadata(String metric, MetricMetadata.Type type, String help) {
    batch.addMetadata(metric, new MetricMetadata(type, "", help));
  }
}
