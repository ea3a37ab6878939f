package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.KeyScanner;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.NativeHistogram;

/**
 * Reads prometheus.WriteRequest into a batch. A series or histogram that breaks a rule is counted
 * and left out; malformed bytes end the whole request. One per request. Not thread-safe.
 */
final class RemoteWriteDecoder {
  private final LimitsConfig limits;
  private final Rejections rejections;
  private final KeyScanner keys;
  private final boolean trusting;
  private final FloatSamples floats = new FloatSamples();
  private final MetricParts parts;
  private final MetricBatch batch;
  private byte[] message = new byte[0];
  private final SeriesLabels labels;
  private final SeriesLabels exemplarLabels;
  private final HistogramDecoder histograms = new HistogramDecoder();
  private final ProtoReader series = new ProtoReader(new byte[0]);
  private final ProtoReader inner = new ProtoReader(new byte[0]);
  private final ProtoReader pair = new ProtoReader(new byte[0]);
  private String name = "";
  private String value = "";

  /**
   * A decoder.
   *
   * @param parts whose batch is filled, and told after each item
   * @param trusting leaves the labels of ordinary series to the store, which knows most of them and
   *     throws {@link MetricBatch.UnfitKeyException} when others are no keys; else all are read and
   *     judged here
   */
  RemoteWriteDecoder(
      LimitsConfig limits, Rejections rejections, boolean trusting, MetricParts parts) {
    this.parts = parts;
    this.batch = parts.batch();
    this.limits = limits;
    this.rejections = rejections;
    this.keys = new KeyScanner(limits);
    this.trusting = trusting;
    this.labels = new SeriesLabels(limits);
    this.exemplarLabels = new SeriesLabels(limits);
  }

  /** The array, whose first bytes are the message, belongs to the batch until that is stored. */
  MetricBatch decode(byte[] request, int length) {
    message = request;
    batch.reset(request, trusting ? keys : null);
    ProtoReader in = new ProtoReader(request, 0, length);
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          in.message(series);
          timeSeries();
        }
        case 3 -> metadata(in.message());
        default -> in.skip();
      }
      boolean _ = parts.itemAdded();
    }
    return batch;
  }

  /** Nearly all series are labels that are a key, then floats: they need no objects. */
  private void timeSeries() {
    int from = series.offset();
    int to = series.limit();
    int keyEnd = trusting ? KeyScanner.end(message, from, to) : keys.scan(message, from, to);
    if (keyEnd > from && keyEnd < to) {
      if (floats(from, keyEnd, to)) {
        return;
      }
    }
    anySeries();
  }

  /** Whether all behind the key was floats. Series of very many samples go part by part. */
  private boolean floats(int from, int keyEnd, int to) {
    int at = keyEnd;
    while (true) {
      int before = batch.samples();
      at = floats.read(message, at, to, batch, batch.seriesCount());
      if (at < 0) {
        batch.truncateSamples(before);
        return false;
      }
      batch.addMessageSeries(from, keyEnd - from);
      if (at == to) {
        return true;
      }
      boolean _ = parts.itemAdded();
    }
  }

  /** Labels come first in practice but need not: they are read in a first pass of their own. */
  private void anySeries() {
    ProtoReader second = series.copy();
    labels.clear();
    long items = 0;
    for (int field = series.next(); field != 0; field = series.next()) {
      if (field == 1) {
        series.message(pair);
        label();
        labels.add(name, value);
      } else {
        items += field == 2 || field == 4 ? 1 : 0;
        series.skip();
      }
    }
    Labels built = labels.build(items, rejections);
    if (built == null) {
      return;
    }
    int number = items == 0 ? -1 : batch.addSeries(built);
    for (int field = second.next(); field != 0; field = second.next()) {
      switch (field) {
        case 2 -> {
          second.message(inner);
          sample(number);
        }
        case 3 -> {
          second.message(inner);
          number = number < 0 ? batch.addSeries(built) : number;
          exemplar(number);
        }
        case 4 -> {
          second.message(inner);
          histogram(number, built);
        }
        default -> second.skip();
      }
      if (parts.itemAdded()) {
        number = batch.addSeries(built);
      }
    }
  }

  private void label() {
    name = "";
    value = "";
    for (int field = pair.next(); field != 0; field = pair.next()) {
      switch (field) {
        case 1 -> name = pair.string("a label name");
        case 2 -> value = pair.string("the value of label ", name);
        default -> pair.skip();
      }
    }
  }

  private void sample(int number) {
    double sampleValue = 0;
    long timestamp = 0;
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> sampleValue = inner.float64();
        case 2 -> timestamp = inner.varint();
        default -> inner.skip();
      }
    }
    batch.addSample(number, timestamp, 0, sampleValue);
  }

  private void exemplar(int number) {
    exemplarLabels.clear();
    double exemplarValue = 0;
    long timestamp = 0;
    exemplarLabels.add(Labels.NAME, "exemplar");
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> {
          inner.message(pair);
          label();
          exemplarLabels.add(name, value);
        }
        case 2 -> exemplarValue = inner.float64();
        case 3 -> timestamp = inner.varint();
        default -> inner.skip();
      }
    }
    Labels built = exemplarLabels.build(1, rejections);
    if (built != null) {
      Labels without = built.filter(label -> !label.equals(Labels.NAME));
      batch.addExemplar(number, new Exemplar(without, exemplarValue, timestamp));
    }
  }

  private void histogram(int number, Labels built) {
    NativeHistogram histogram = NativeHistograms.stored(histograms.read(inner));
    String problem = HistogramChecks.problem(histogram, limits);
    if (problem == null) {
      batch.addHistogram(number, histograms.timestamp(), histograms.startTimestamp(), histogram);
    } else {
      rejections.add(
          "invalid_histogram",
          1,
          "native histogram " + Rejections.quoted(built.get(Labels.NAME)) + ": " + problem);
    }
  }

  private void metadata(ProtoReader in) {
    long type = 0;
    String family = "";
    String help = "";
    String unit = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> type = in.varint();
        case 2 -> family = in.string("a metric family name");
        case 4 -> help = in.lenientString();
        case 5 -> unit = in.lenientString();
        default -> in.skip();
      }
    }
    Metadata.add(batch, limits, family, type, unit, help);
  }
}
