package io.trilith.tracestore.columns;

import java.util.Arrays;

/**
 * A growing column of numbers. One thread writes; what is below a size that it told others stays as
 * it is in the array that it had then.
 */
final class LongList {
  private long[] values = new long[16];
  private int size;

  void add(long value) {
    if (size == values.length) {
      reserve(1);
    }
    values[size++] = value;
  }

  /** Makes room for this many more. */
  void reserve(int more) {
    if (size + more > values.length) {
      values = Arrays.copyOf(values, Math.max(size + more, size + (size >>> 1)));
    }
  }

  int size() {
    return size;
  }

  long get(int i) {
    return values[i];
  }

  void set(int i, long value) {
    values[i] = value;
  }

  void truncate(int to) {
    size = to;
  }

  /** The backing array, valid below the size. */
  long[] array() {
    return values;
  }
}
