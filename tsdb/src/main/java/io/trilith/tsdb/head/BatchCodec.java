package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Batches as log records that say every series' labels in full, see {@code
 * docs/formats/log-records.md}: they mean the same whoever wrote what before them. Version 3 is
 * written, for logs to which several write; a process with a log of its own writes {@link
 * LogEpoch}'s, which name what is known by number. Version 1 is read.
 *
 * <pre>
 * record  = version:1  rawLength:varint  zstd( content )                               version 3
 * content = count:varint (length:varint key)*  items  metadata
 *
 * record = version:1 symbols series samples histograms exemplars metadata              version 1
 * labels = count:varint (nameSymbol:varint valueSymbol:varint)*
 * sample = seriesDistance:zigzag  timeDistance:zigzag  start:zigzag  value:8
 * </pre>
 */
public final class BatchCodec {
  /** The version this writes. */
  private static final int VERSION = 3;

  private static final int VERSION_1 = 1;

  /** Of which content is not more: keeps damage, and bombs, from taking memory. */
  private static final int CONTENT_MAX = 256 << 20;

  private BatchCodec() {}

  /** Whether this reads records of a version. */
  public static boolean reads(int version) {
    return version == VERSION || version == VERSION_1;
  }

  /**
   * A batch as a record. Series without an item are left out.
   *
   * @throws MetricBatch.UnfitKeyException when a series has labels which nobody checked and which
   *     are no key
   */
  public static ByteBuffer encode(MetricBatch batch) {
    int[] numbers = new int[batch.seriesCount()];
    Arrays.fill(numbers, -1);
    int[] order = new int[batch.seriesCount()];
    int count = number(batch, numbers, order);
    ByteWriter raw = new ByteWriter(64 + 200 * count + 8 * batch.samples());
    raw.putVarint(count);
    for (int i = 0; i < count; i++) {
      int series = order[i];
      batch.checkKey(series);
      raw.putVarint(batch.keyLength(series));
      raw.putBytes(batch.keyBytes(series), batch.keyOffset(series), batch.keyLength(series));
    }
    RecordItems.put(batch, numbers, raw);
    RecordItems.put(batch.metadata(), raw);
    ByteWriter out = new ByteWriter(raw.size() / 8 + 64);
    out.putByte(VERSION);
    Packed.packFast(raw, out);
    return out.view();
  }

  /** Gives numbers to the series that have items, in order of these; returns how many. */
  private static int number(MetricBatch batch, int[] numbers, int[] order) {
    int count = 0;
    for (int i = 0; i < batch.samples(); i++) {
      count = number(batch.sampleSeries(i), numbers, order, count);
    }
    for (MetricBatch.HistogramSample sample : batch.histograms()) {
      count = number(sample.series(), numbers, order, count);
    }
    for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
      count = number(exemplar.series(), numbers, order, count);
    }
    return count;
  }

  private static int number(int series, int[] numbers, int[] order, int count) {
    if (numbers[series] >= 0) {
      return count;
    }
    numbers[series] = count;
    order[count] = series;
    return count + 1;
  }

  /**
   * Reads a record of any version that says its series in full. Whether these are keys is found out
   * when a head that does not know them resolves them: it throws IllegalArgumentException.
   */
  public static MetricBatch decode(ByteReader in, String name) {
    int version = in.getByte();
    return switch (version) {
      case VERSION -> decodePacked(in, name);
      case VERSION_1 -> decode1(in);
      default ->
          throw in.corrupt("metric record version " + version + " is not known to this release");
    };
  }

  private static MetricBatch decodePacked(ByteReader record, String name) {
    byte[] raw = Packed.unpack(record, CONTENT_MAX);
    ByteReader in = new ByteReader(ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN), name, 0);
    MetricBatch batch = new MetricBatch(raw, null);
    for (int left = in.getCount(); left > 0; left--) {
      int length = in.getCount();
      int _ = batch.addMessageSeries(in.position(), length);
      in.seek(in.position() + length);
    }
    RecordItems.get(in, batch);
    RecordItems.getMetadata(in, batch);
    return batch;
  }

  private static MetricBatch decode1(ByteReader in) {
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
    RecordItems.getMetadata(in, batch);
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
