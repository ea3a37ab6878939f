package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;

/**
 * Writes the parts of a block's chunk, see {@code docs/formats/metric-chunk.md}: times, which many
 * chunks share, start timestamps, and values. Reused from chunk to chunk; not thread-safe.
 */
public final class ChunkEncoder {
  private final LongEncoder longs = new LongEncoder();
  private final FloatEncoder floats = new FloatEncoder(longs);

  /** Samples of a buffer: their timestamps. */
  public void times(SampleBuffer samples, int from, int count, ByteWriter out) {
    longs.encode(
        java.util.Arrays.copyOfRange(samples.timestamps(), from, from + count), count, out);
  }

  /** When their counters started; nothing is written, and false returned, when none is known. */
  public boolean starts(SampleBuffer samples, int from, int count, ByteWriter out) {
    long[] starts = null;
    for (int i = 0; i < count; i++) {
      long start = samples.startTimestamp(from + i);
      if (start != 0) {
        starts = starts == null ? new long[count] : starts;
        starts[i] = start;
      }
    }
    if (starts == null) {
      return false;
    }
    longs.encode(starts, count, out);
    return true;
  }

  public void floats(SampleBuffer samples, int from, int count, ByteWriter out) {
    floats.encode(samples.values(), from, count, out);
  }

  /** All samples of the part must be histograms. */
  public void histograms(SampleBuffer samples, int from, int count, ByteWriter out) {
    NativeHistogram before = null;
    for (int i = from; i < from + count; i++) {
      NativeHistogram histogram = samples.histogram(i);
      if (histogram == null) {
        throw new IllegalArgumentException("sample " + i + " is a float");
      }
      HistogramCodec.put(histogram, before, out);
      before = histogram;
    }
  }
}
