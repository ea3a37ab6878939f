package io.trilith.ingest.pipeline;

import io.trilith.config.PipelineFile.Place;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Relabel;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesKey;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** What is done with series of a tenant: they are relabelled and redacted. Thread-safe. */
public final class MetricStages {
  private final @Nullable Relabel relabel;
  private final @Nullable Redaction redaction;

  MetricStages(@Nullable Relabel relabel, @Nullable Redaction redaction) {
    this.relabel = relabel;
    this.redaction = redaction;
  }

  /**
   * Changes a batch in place; returns how many samples and histograms were dropped. Throws
   * UnfitKeyException for a key that nobody has checked and that is none.
   */
  public long apply(MetricBatch batch) {
    BitSet dropped = new BitSet();
    for (int series = 0; series < batch.seriesCount(); series++) {
      if (relabel == null && !mayFind(batch, series)) {
        continue;
      }
      batch.checkKey(series);
      Labels before = batch.labels(series);
      Labels after = relabel == null ? before : relabel.apply(before);
      if (after == null) {
        dropped.set(series);
      } else {
        Labels redacted = redacted(before, after);
        if (!redacted.equals(before)) {
          int from = batch.ownKeys().size();
          SeriesKey.put(redacted, batch.ownKeys());
          batch.replaceKey(series, from);
        }
      }
    }
    exemplars(batch);
    return dropped.isEmpty() ? 0 : batch.removeSeries(dropped);
  }

  private boolean mayFind(MetricBatch batch, int series) {
    int from = batch.keyOffset(series);
    int to = from + batch.keyLength(series);
    return redaction != null
        && redaction.mayFind(Place.LABELS, Place.LABELS, -1L, batch.keyBytes(series), from, to);
  }

  /** Selectors look at the labels that came. */
  private Labels redacted(Labels before, Labels after) {
    if (redaction == null) {
      return after;
    }
    String name = after.get(Labels.NAME);
    Labels redacted = redaction.apply(Place.LABELS, redaction.rules(before), after);
    return name.isEmpty() ? redacted : redacted.toBuilder().set(Labels.NAME, name).build();
  }

  private void exemplars(MetricBatch batch) {
    if (redaction == null || batch.exemplars().isEmpty()) {
      return;
    }
    for (int i = 0; i < batch.exemplars().size(); i++) {
      MetricBatch.ExemplarOf one = batch.exemplars().get(i);
      Exemplar exemplar = one.exemplar();
      Labels after = redaction.apply(Place.EXEMPLARS, redaction.unselective(), exemplar.labels());
      if (!after.equals(exemplar.labels())) {
        batch.replaceExemplar(i, new Exemplar(after, exemplar.value(), exemplar.timestamp()));
      }
    }
  }
}
