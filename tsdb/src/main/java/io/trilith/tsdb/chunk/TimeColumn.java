package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.BitPacking;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;

/**
 * Timestamps as their distance from a straight line, bit-packed. A regular scrape takes no bits per
 * sample. Arithmetic wraps, so that any longs come back.
 *
 * <pre>
 * column = first:zigzag  slope:zigzag  least:zigzag  width:1  residual-least of samples 1.., packed
 * </pre>
 */
final class TimeColumn {
  private TimeColumn() {}

  static void encode(long[] times, int count, ByteWriter out) {
    long first = times[0];
    long slope = count > 1 ? (times[count - 1] - first) / (count - 1) : 0;
    long[] residuals = new long[count];
    long least = 0;
    for (int i = 1; i < count; i++) {
      residuals[i] = times[i] - first - i * slope;
      least = Math.min(least, residuals[i]);
    }
    for (int i = 1; i < count; i++) {
      residuals[i] -= least;
    }
    int width = BitPacking.width(residuals, 1, count);
    out.putZigzag(first);
    out.putZigzag(slope);
    out.putZigzag(least);
    out.putByte(width);
    BitPacking.pack(residuals, 1, count, width, out);
  }

  static void decode(ByteReader in, long[] times, int count) {
    long first = in.getZigzag();
    long slope = in.getZigzag();
    long least = in.getZigzag();
    int width = in.getByte();
    times[0] = first;
    BitPacking.unpack(in, times, 1, count, width);
    for (int i = 1; i < count; i++) {
      times[i] += first + i * slope + least;
    }
  }
}
