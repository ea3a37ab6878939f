package io.trilith.logstore.page;

import java.util.Arrays;

/** A growing line. The array is free to be read below the size until the next write. */
final class Bytes {
  byte[] array = new byte[512];
  int size;

  void reserve(int more) {
    if (array.length - size < more) {
      array = Arrays.copyOf(array, Math.max(size + more, array.length * 2));
    }
  }

  void put(byte[] source, int from, int length) {
    reserve(length);
    System.arraycopy(source, from, array, size, length);
    size += length;
  }

  void put(int value) {
    reserve(1);
    array[size++] = (byte) value;
  }

  /** Decimal digits, at least this many. */
  void putDigits(long value, int digitsMin) {
    int digits = Math.max(digitsMin, digits(value));
    reserve(digits);
    long rest = value;
    for (int at = size + digits - 1; at >= size; at--) {
      array[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
  }

  static int digits(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }
}
