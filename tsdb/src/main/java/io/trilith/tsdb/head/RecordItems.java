package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.List;
import java.util.Map;

/**
 * The items of a log record, which name series by number, see {@code docs/formats/log-records.md}.
 * What the numbers mean is the record's affair.
 */
final class RecordItems {
  static final int HAS_STARTS = 1;
  static final int OTHER_TIME = 1;
  static final int INTEGER = 2;
  private static final double INTEGER_MAX = 1L << 53;

  private RecordItems() {}

  /**
   * Appends samples, histograms and exemplars.
   *
   * @param numbers by number in the batch: that in the record
   */
  static void put(MetricBatch batch, int[] numbers, ByteWriter out) {
    putSamples(batch, numbers, out);
    out.putVarint(batch.histograms().size());
    for (MetricBatch.HistogramSample sample : batch.histograms()) {
      out.putVarint(numbers[sample.series()]);
      out.putZigzag(sample.timestamp());
      out.putZigzag(sample.startTimestamp());
      HistogramCodec.put(sample.histogram(), null, out);
    }
    out.putVarint(batch.exemplars().size());
    for (MetricBatch.ExemplarOf one : batch.exemplars()) {
      out.putVarint(numbers[one.series()]);
      putExemplar(one.exemplar(), out);
    }
  }

  private static void putSamples(MetricBatch batch, int[] numbers, ByteWriter out) {
    boolean starts = hasStarts(batch);
    out.putVarint(batch.samples());
    out.putByte(starts ? HAS_STARTS : 0);
    int series = -1;
    long time = 0;
    long start = 0;
    for (int i = 0; i < batch.samples(); i++) {
      double value = batch.sampleValue(i);
      boolean integer = isInteger(value);
      int next = numbers[batch.sampleSeries(i)];
      long distance = next - (long) series - 1;
      long zigzag = (distance << 1) ^ (distance >> 63);
      boolean otherTime = batch.sampleTime(i) != time;
      out.putVarint(zigzag << 2 | (otherTime ? OTHER_TIME : 0) | (integer ? INTEGER : 0));
      if (otherTime) {
        out.putZigzag(batch.sampleTime(i) - time);
      }
      if (starts) {
        out.putZigzag(batch.sampleStart(i) - start);
      }
      if (integer) {
        out.putZigzag((long) value);
      } else {
        out.putDouble(value);
      }
      series = next;
      time = batch.sampleTime(i);
      start = batch.sampleStart(i);
    }
  }

  /** Whether the value is a whole number that comes back bit for bit. */
  private static boolean isInteger(double value) {
    return Math.abs(value) < INTEGER_MAX
        && Double.doubleToRawLongBits((double) (long) value) == Double.doubleToRawLongBits(value);
  }

  private static boolean hasStarts(MetricBatch batch) {
    for (int i = 0; i < batch.samples(); i++) {
      if (batch.sampleStart(i) != 0) {
        return true;
      }
    }
    return false;
  }

  private static void putExemplar(Exemplar exemplar, ByteWriter out) {
    Labels labels = exemplar.labels();
    out.putVarint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.putString(labels.name(i));
      out.putString(labels.value(i));
    }
    out.putDouble(exemplar.value());
    out.putZigzag(exemplar.timestamp());
  }

  /** Appends metadata. */
  static void put(Map<String, MetricMetadata> metadata, ByteWriter out) {
    out.putVarint(metadata.size());
    metadata.forEach(
        (metric, entry) -> {
          out.putString(metric);
          out.putByte(entry.type().ordinal());
          out.putString(entry.unit());
          out.putString(entry.help());
        });
  }

  /** Adds what {@link #put(MetricBatch, int[], ByteWriter)} wrote, series having their numbers. */
  static void get(ByteReader in, MetricBatch into) {
    getSamples(in, into);
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(into.seriesCount());
      into.addHistogram(series, in.getZigzag(), in.getZigzag(), HistogramCodec.get(in, null));
    }
    for (int left = in.getCount(); left > 0; left--) {
      int series = in.getIndex(into.seriesCount());
      into.addExemplar(series, getExemplar(in));
    }
  }

  private static void getSamples(ByteReader in, MetricBatch into) {
    int count = in.getCount(2);
    boolean starts = (in.getByte() & HAS_STARTS) != 0;
    long number = -1;
    long time = 0;
    long start = 0;
    for (int i = 0; i < count; i++) {
      long tag = in.getVarint();
      long zigzag = tag >>> 2;
      number += ((zigzag >>> 1) ^ -(zigzag & 1)) + 1;
      time += (tag & OTHER_TIME) != 0 ? in.getZigzag() : 0;
      start += starts ? in.getZigzag() : 0;
      double value = (tag & INTEGER) != 0 ? in.getZigzag() : in.getDouble();
      if (number < 0 || number >= into.seriesCount()) {
        throw in.corrupt("series " + number + " of " + into.seriesCount());
      }
      into.addSample((int) number, time, start, value);
    }
  }

  static Exemplar getExemplar(ByteReader in) {
    Labels.Builder labels = new Labels.Builder();
    for (int left = in.getCount(); left > 0; left--) {
      labels.set(in.getString(), in.getString());
    }
    return new Exemplar(labels.build(), in.getDouble(), in.getZigzag());
  }

  /** Adds metadata. */
  static void getMetadata(ByteReader in, MetricBatch into) {
    List<MetricMetadata.Type> types = List.of(MetricMetadata.Type.values());
    for (int left = in.getCount(); left > 0; left--) {
      String metric = in.getString();
      int type = in.getByte();
      if (type >= types.size()) {
        throw in.corrupt("metric type " + type);
      }
      into.addMetadata(metric, new MetricMetadata(types.get(type), in.getString(), in.getString()));
    }
  }
}
