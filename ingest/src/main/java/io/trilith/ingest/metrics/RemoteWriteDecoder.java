package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.wire.ProtoReader;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;

/**
 * Reads prometheus.WriteRequest into a batch. A series or histogram that breaks a rule is counted
 * and left out; malformed bytes end the whole request. One per request. Not thread-safe.
 */
final class RemoteWriteDecoder {
  private final LimitsConfig limits;
  private final Rejections rejections;
  private final MetricBatch batch = new MetricBatch();
  private final SeriesLabels labels;
  private final SeriesLabels exemplarLabels;
  private final HistogramDecoder histograms = new HistogramDecoder();
  private final ProtoReader series = new ProtoReader(new byte[0]);
  private final ProtoReader inner = new ProtoReader(new byte[0]);
  private final ProtoReader pair = new ProtoReader(new byte[0]);
  private String name = "";
  private String value = "";

  RemoteWriteDecoder(LimitsConfig limits, Rejections rejections) {
    this.limits = limits;
    this.rejections = rejections;
    this.labels = new SeriesLabels(limits);
    this.exemplarLabels = new SeriesLabels(limits);
  }

  MetricBatch decode(byte[] message) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          in.message(series);
          timeSeries(series.copy());
        }
        case 3 -> metadata(in.message());
        default -> in.skip();
      }
    }
    return batch;
  }

  /** Labels come first in practice but need not: they are read in a first pass of their own. */
  private void timeSeries(ProtoReader second) {
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
    NativeHistogram histogram = histograms.read(inner);
    String problem = HistogramChecks.problem(histogram, limits);
    if (problem == null) {
      batch.addHistogram(number, histograms.timestamp(), 0, histogram);
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
    MetricMetadata.Type[] types = MetricMetadata.Type.values();
    MetricMetadata.Type known =
        type > 0 && type < types.length ? types[(int) type] : MetricMetadata.Type.UNKNOWN;
    if (!family.isEmpty() && family.length() <= limits.labelValueMax()) {
      batch.addMetadata(family, new MetricMetadata(known, cut(unit), cut(help)));
    }
  }

  private String cut(String text) {
    return text.length() <= limits.metadataMax() ? text : text.substring(0, limits.metadataMax());
  }
}
