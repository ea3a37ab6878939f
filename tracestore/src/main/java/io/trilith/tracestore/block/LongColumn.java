package io.trilith.tracestore.block;

import io.trilith.storage.encoding.BitPacking;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/** A growing column of numbers. Not thread-safe. */
final class LongColumn {
  private long[] values = new long[16];
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
}
