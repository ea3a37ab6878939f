package io.trilith.tracestore.block;

import io.trilith.storage.encoding.BitPacking;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/** A growing column of numbers. Not thread-safe. */
final class LongColumn {
  private long[] values = new long[64];
  private int size;

  void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  int size() {
    return size;
  }

  void write(ByteWriter out) {
    long min = size == 0 ? 0 : Long.MAX_VALUE;
    for (int i = 0; i < size; i++) {
      min = Math.min(min, values[i]);
    }
    long[] above = new long[size];
    for (int i = 0; i < size; i++) {
      above[i] = values[i] - min;
    }
    int width = BitPacking.width(above, 0, size);
    out.putZigzag(min);
    out.putByte(width);
    BitPacking.pack(above, 0, size, width, out);
  }

  /** Reads a column of a known number of rows. */
  static long[] read(ByteReader in, int rows) {
    long min = in.getZigzag();
    int width = in.getByte();
    if (width > 64 || (long) rows * width > 8L * in.remaining()) {
      throw in.corrupt(rows + " rows of " + width + " bits in " + in.remaining() + " bytes");
    }
    long[] values = new long[rows];
    BitPacking.unpack(in, values, 0, rows, width);
    for (int i = 0; i < rows; i++) {
      values[i] += min;
    }
    return values;
  }
}
