package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteWriter;

/** Writes columns of doubles, see {@link FloatColumn}. Holds scratch; not thread-safe. */
final class FloatEncoder {
  private static final double INTEGER_MAX = 1L << 53;

  private final LongEncoder longs;
  private long[] numbers = new long[512];
  private int[] specials = new int[64];
  private int specialCount;

  FloatEncoder(LongEncoder longs) {
    this.longs = longs;
  }

  void encode(double[] values, int from, int count, ByteWriter out) {
    if (numbers.length < count) {
      numbers = new long[count];
    }
    int allowed = Math.min(count / 2, 4 + count / 16);
    if (specials.length < allowed) {
      specials = new int[allowed];
    }
    int exponent = exponent(values, from, count, allowed);
    if (exponent < 0 || !decimals(values, from, count, exponent, allowed)) {
      exponent = FloatColumn.BITS;
      bits(values, from, count, allowed);
    }
    out.putByte(exponent | (specialCount == 0 ? 0 : FloatColumn.HAS_SPECIALS));
    if (specialCount > 0) {
      putSpecials(values, from, out);
    }
    longs.encode(numbers, count, out);
  }

  /** The least exponent at which all but a few values are integers, or -1. */
  private static int exponent(double[] values, int from, int count, int allowed) {
    int exponent = 0;
    int missed = 0;
    for (int i = from; i < from + count; i++) {
      double value = values[i];
      if (exact(value, exponent)) {
        continue;
      }
      int greater = exponent + 1;
      while (greater <= FloatColumn.EXPONENT_MAX && !exact(value, greater)) {
        greater++;
      }
      if (greater <= FloatColumn.EXPONENT_MAX) {
        exponent = greater;
      } else if (++missed > allowed) {
        return -1;
      }
    }
    return exponent;
  }

  private static boolean exact(double value, int exponent) {
    double power = FloatColumn.power(exponent);
    double scaled = Math.rint(value * power);
    return Math.abs(scaled) < INTEGER_MAX
        && Double.doubleToRawLongBits((long) scaled / power) == Double.doubleToRawLongBits(value);
  }

  /** Fills in the integers; false when too many values are none at this exponent. */
  private boolean decimals(double[] values, int from, int count, int exponent, int allowed) {
    specialCount = 0;
    double power = FloatColumn.power(exponent);
    long last = 0;
    for (int i = 0; i < count; i++) {
      double value = values[from + i];
      double scaled = Math.rint(value * power);
      long integer = (long) scaled;
      if (Math.abs(scaled) < INTEGER_MAX
          && Double.doubleToRawLongBits(integer / power) == Double.doubleToRawLongBits(value)) {
        last = integer;
      } else {
        if (specialCount == allowed) {
          return false;
        }
        specials[specialCount++] = i;
      }
      numbers[i] = last;
    }
    fillFront();
    return true;
  }

  private void bits(double[] values, int from, int count, int allowed) {
    specialCount = 0;
    long last = 0;
    for (int i = 0; i < count; i++) {
      double value = values[from + i];
      if (FloatColumn.isStale(value) && specialCount < allowed) {
        specials[specialCount++] = i;
      } else {
        last = FloatColumn.ordered(Double.doubleToRawLongBits(value));
      }
      numbers[i] = last;
    }
    fillFront();
  }

  /** Specials at the very front take the number of the first that is none. */
  private void fillFront() {
    int front = 0;
    while (front < specialCount && specials[front] == front) {
      front++;
    }
    for (int i = 0; i < front; i++) {
      numbers[i] = numbers[front];
    }
  }

  private void putSpecials(double[] values, int from, ByteWriter out) {
    out.putVarint(specialCount);
    int before = -1;
    for (int i = 0; i < specialCount; i++) {
      out.putVarint(specials[i] - before - 1);
      before = specials[i];
      double value = values[from + before];
      if (FloatColumn.isStale(value)) {
        out.putByte(FloatColumn.STALE);
      } else {
        out.putByte(FloatColumn.OTHER);
        out.putDouble(value);
      }
    }
  }
}
