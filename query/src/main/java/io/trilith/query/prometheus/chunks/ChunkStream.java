package io.trilith.query.prometheus.chunks;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;

/**
 * The samples of one series as chunks in the formats of Prometheus's TSDB
 * (tsdb/docs/format/chunks.md), of up to 120 samples each. Not thread-safe.
 */
public final class ChunkStream {
  private static final int SAMPLES_MAX = 120;

  private final FloatChunk floats = new FloatChunk();
  private final HistogramChunk histograms = new HistogramChunk();

  /** What a chunk holds; the ordinal is the wire value. */
  public enum Encoding {
    UNKNOWN,
    XOR,
    HISTOGRAM,
    FLOAT_HISTOGRAM
  }

  /** Takes one chunk. */
  @FunctionalInterface
  public interface Sink {
    void chunk(Encoding encoding, long minMillis, long maxMillis, byte[] data);
  }

  /** All samples of the buffer, in order. */
  public void write(SampleBuffer samples, Sink sink) {
    int from = 0;
    while (from < samples.size()) {
      NativeHistogram first = samples.histogram(from);
      int to = from + 1;
      NativeHistogram before = first;
      while (to < samples.size() && to - from < SAMPLES_MAX) {
        NativeHistogram next = samples.histogram(to);
        boolean joins =
            before == null ? next == null : next != null && HistogramChunk.continues(before, next);
        if (!joins) {
          break;
        }
        before = next;
        to++;
      }
      long min = samples.timestamps()[from];
      long max = samples.timestamps()[to - 1];
      if (first == null) {
        sink.chunk(
            Encoding.XOR,
            min,
            max,
            floats.encode(samples.timestamps(), samples.values(), from, to));
      } else {
        Encoding encoding = first.integer() ? Encoding.HISTOGRAM : Encoding.FLOAT_HISTOGRAM;
        sink.chunk(encoding, min, max, histograms.encode(samples, from, to));
      }
      from = to;
    }
  }
}
