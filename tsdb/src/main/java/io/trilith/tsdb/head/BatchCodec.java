package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A batch as a log record, see {@code docs/formats/log-metrics.md}.
 *
 * <pre>
 * record = version:1 symbols series samples histograms exemplars metadata
 * labels = count:varint (nameSymbol:varint valueSymbol:varint)*
 * sample = seriesDistance:zigzag  timeDistance:zigzag  start:zigzag  value:8
 * </pre>
 */
public final class BatchCodec {
  private static final int VERSION = 1;

  private BatchCodec() {}

  public static void encode(MetricBatch batch, ByteWriter out) {
    Map<String, Integer> symbols = new HashMap<>();
    ByteWriter body = new ByteWriter(1024);
    ByteWriter table = new ByteWriter(1024);
    body.putVarint(batch.series().size());
    for (Labels labels : batch.series()) {
      putLabels(labels, symbols, table, body);
    }
    putSamples(batch, body);
    body.putVarint(batch.histograms().size());
    for (MetricBatch.HistogramSample sample : batch.histograms()) {
      body.putVarint(sample.series());
      body.putZigzag(sample.timestamp());
      body.putZigzag(sample.startTimestamp());
      HistogramCodec.put(sample.histogram(), null, body);
    }
    body.putVarint(batch.exemplars().size());
    for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
      body.putVarint(exemplar.series());
      putLabels(exemplar.exemplar().labels(), symbols, table, body);
      body.putDouble(exemplar.exemplar().value());
      body.putZigzag(exemplar.exemplar().timestamp());
    }
    body.putVarint(batch.metadata().size());
    batch
        .metadata()
        .forEach(
            (metric, entry) -> {
              body.putString(metric);
              body.putByte(entry.type().ordinal());
              body.putString(entry.unit());
              body.putString(entry.help());
            });
    out.putByte(VERSION);
    out.putVarint(symbols.size());
    out.putBytes(table.view());
    out.putBytes(body.view());
  }

  private static void putSamples(MetricBatch batch, ByteWriter out) {
    out.putVarint(batch.samples());
    int series = 0;
    long time = 0;
    for (int i = 0; i < batch.samples(); i++) {
      out.putZigzag(batch.sampleSeries(i) - series);
      out.putZigzag(batch.sampleTime(i) - time);
      out.putZigzag(batch.sampleStart(i));
      out.putDouble(batch.sampleValue(i));
      series = batch.sampleSeries(i);
      time = batch.sampleTime(i);
    }
  }

  private static void putLabels(
      Labels labels, Map<String, Integer> symbols, ByteWriter table, ByteWriter out) {
    out.putVarint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.putVarint(symbol(labels.name(i), symbols, table));
      out.putVarint(symbol(labels.value(i), symbols, table));
    }
  }

  private static int symbol(String text, Map<String, Integer> symbols, ByteWriter table) {
    Integer known = symbols.get(text);
    if (known != null) {
      return known;
    }
    int number = symbols.size();
    symbols.put(text, number);
    table.putString(text);
    return number;
  }

  public static MetricBatch decode(ByteReader in) {
    int version = in.getByte();
    if (version != VERSION) {
      throw in.corrupt("metric record version " + version + " is not known to this release");
    }
    String[] symbols = new String[in.getCount()];
    for (int i = 0; i < symbols.length; i++) {
      symbols[i] = in.getString();
    }
    MetricBatch batch = new MetricBatch();
    for (int left = in.getCount(); left > 0; left--) {
      batch.addSeries(labels(in, symbols));
    }
    int seriesCount = batch.series().size();
    getSamples(in, batch, seriesCount);
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(seriesCount);
      batch.addHistogram(series, in.getZigzag(), in.getZigzag(), HistogramCodec.get(in, null));
    }
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(seriesCount);
      batch.addExemplar(series, new Exemplar(labels(in, symbols), in.getDouble(), in.getZigzag()));
    }
    List<MetricMetadata.Type> types = List.of(MetricMetadata.Type.values());
    for (int left = in.getCount(); left > 0; left--) {
      String metric = in.getString();
      int type = in.getByte();
      if (type >= types.size()) {
        throw in.corrupt("metric type " + type);
      }
      batch.addMetadata(
          metric, new MetricMetadata(types.get(type), in.getString(), in.getString()));
    }
    return batch;
  }

  private static void getSamples(ByteReader in, MetricBatch batch, int seriesCount) {
    long series = 0;
    long time = 0;
    for (int left = in.getCount(); left > 0; left--) {
      series += in.getZigzag();
      time += in.getZigzag();
      if (series < 0 || series >= seriesCount) {
        throw in.corrupt("series " + series + " of " + seriesCount);
      }
      batch.addSample((int) series, time, in.getZigzag(), in.getDouble());
    }
  }

  private static Labels labels(ByteReader in, String[] symbols) {
    Labels.Builder labels = new Labels.Builder();
    for (int left = in.getCount(); left > 0; left--) {
      labels.set(symbols[in.getIndex(symbols.length)], symbols[in.getIndex(symbols.length)]);
    }
    return labels.build();
  }
}
