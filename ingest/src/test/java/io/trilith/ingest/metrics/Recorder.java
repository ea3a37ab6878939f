package io.trilith.ingest.metrics;

import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A store that remembers what it was given. */
final class Recorder implements MetricAppender {
  final List<MetricBatch> batches = new ArrayList<>();
  boolean broken;

  @Override
  public synchronized AppendResult append(TenantId tenant, MetricBatch batch) {
    if (broken) {
      throw io.trilith.storage.error.LimitExceededException.busy("full");
    }
    for (int i = 0; i < batch.seriesCount(); i++) {
      batch.checkKey(i);
    }
    batches.add(copy(batch));
    return new AppendResult(batch.samples(), batch.histograms().size(), batch.exemplars().size());
  }

  /** The receiver uses its batches again. */
  private static MetricBatch copy(MetricBatch batch) {
    MetricBatch copy = new MetricBatch();
    batch.series().forEach(copy::addSeries);
    for (int i = 0; i < batch.samples(); i++) {
      copy.addSample(
          batch.sampleSeries(i), batch.sampleTime(i), batch.sampleStart(i), batch.sampleValue(i));
    }
    batch
        .histograms()
        .forEach(
            one ->
                copy.addHistogram(
                    one.series(), one.timestamp(), one.startTimestamp(), one.histogram()));
    batch.exemplars().forEach(one -> copy.addExemplar(one.series(), one.exemplar()));
    batch.metadata().forEach(copy::addMetadata);
    return copy;
  }

  MetricBatch last() {
    return batches.getLast();
  }

  /** Samples of a batch as text, sorted by series. */
  static Map<String, String> samples(MetricBatch batch) {
    Map<String, String> all = new TreeMap<>();
    for (int i = 0; i < batch.samples(); i++) {
      all.merge(
          batch.series().get(batch.sampleSeries(i)).toString(),
          batch.sampleValue(i) + "@" + batch.sampleTime(i),
          (a, b) -> a + " " + b);
    }
    return all;
  }
}
