package io.trilith.tracestore.columns;

import java.util.Arrays;

/**
 * A growing column of numbers. One thread writes; what is below a size that it told others stays as
 * it is in the array that it had then.
 */
final class IntList {
  private int[] values = new int[16];
  private int size;

  void add(int value) {
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

  int get(int i) {
    return values[i];
  }

  void set(int i, int value) {
    values[i] = value;
  }

  void truncate(int to) {
    size = to;
  }

  /** The backing array, valid below the size. */
  int[] array() {
    return values;
  }
}
