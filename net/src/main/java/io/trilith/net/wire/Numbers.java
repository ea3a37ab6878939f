package io.trilith.net.wire;

import java.util.Arrays;

/**
 * A growing list of 64-bit numbers; doubles by their bits. It holds no more than {@link #MAX}: no
 * item that is not refused has as many, and one byte of a message can be a number. Not thread-safe.
 */
public final class Numbers {
  /** Numbers beyond this many are passed over. */
  public static final int MAX = 1 << 18;

  private long[] values = new long[16];
  private int size;

  /** Numbers that are held; {@link #MAX} may stand for more. */
  public int size() {
    return size;
  }

  public void clear() {
    size = 0;
  }

  public void add(long value) {
    if (size == MAX) {
      return;
    }
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  public long get(int i) {
    return values[i];
  }

  public void set(int i, long value) {
    values[i] = value;
  }

  public double asDouble(int i) {
    return Double.longBitsToDouble(values[i]);
  }

  /** A copy, the bits taken as doubles. */
  public double[] toDoubles() {
    double[] copy = new double[size];
    for (int i = 0; i < size; i++) {
      copy[i] = Double.longBitsToDouble(values[i]);
    }
    return copy;
  }
}
