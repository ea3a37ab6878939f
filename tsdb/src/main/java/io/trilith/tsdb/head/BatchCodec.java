package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.List;

/**
 * Reads log records of version 1, which say every series' labels in full, see {@code
 * docs/formats/log-records.md}. {@link LogEpoch} writes what came after it.
 *
 * <pre>
 * record = version:1 symbols series samples histograms exemplars metadata
 * labels = count:varint (nameSymbol:varint valueSymbol:varint)*
 * sample = seriesDistance:zigzag  timeDistance:zigzag  start:zigzag  value:8
 * </pre>
 */
public final class BatchCodec {
  /** The version this reads. */
  public static final int VERSION = 1;

  private BatchCodec() {}

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
    int seriesCount = batch.seriesCount();
    getSamples(in, batch, seriesCount);
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(seriesCount);
      batch.addHistogram(series, in.getZigzag(), in.getZigzag(), HistogramCodec.get(in, null));
    }
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(seriesCount);
      batch.addExemplar(series, new Exemplar(labels(in, symbols), in.getDouble(), in.getZigzag()));
    }
    getMetadata(in, batch);
    return batch;
  }

  static void getMetadata(ByteReader in, MetricBatch batch) {
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
