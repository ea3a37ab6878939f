package io.trilith.bench;

import java.util.Arrays;

/**
 * The baseline of float codecs: times as differences of differences, values as XOR with the one
 * before, bit by bit, as the Gorilla paper and Prometheus lay them out. Not thread-safe.
 */
public final class Gorilla {
  private final long[] times;
  private final double[] values;
  private final byte[] bytes;
  private long bit;

  /** For this many samples at a time. */
  public Gorilla(int count) {
    times = new long[count];
    values = new double[count];
    bytes = new byte[32 + count * 20];
  }

  /** Bytes of what was encoded last. */
  int size() {
    return (int) ((bit + 7) >>> 3);
  }

  private void put(long value, int width) {
    for (int left = width; left > 0; ) {
      int at = (int) (bit >>> 3);
      int free = 8 - (int) (bit & 7);
      int taken = Math.min(free, left);
      long part = (value >>> (left - taken)) & ((1L << taken) - 1);
      bytes[at] |= (byte) (part << (free - taken));
      bit += taken;
      left -= taken;
    }
  }

  private long get(byte[] from, int width) {
    long value = 0;
    for (int left = width; left > 0; ) {
      int free = 8 - (int) (bit & 7);
      int taken = Math.min(free, left);
      int part = (from[(int) (bit >>> 3)] & 0xff) >>> (free - taken) & ((1 << taken) - 1);
      value = value << taken | part;
      bit += taken;
      left -= taken;
    }
    return value;
  }

  /** The backing array, valid until the next call. */
  public byte[] encode(long[] ofTimes, double[] ofValues) {
    Arrays.fill(bytes, (byte) 0);
    bit = 0;
    long stepBefore = 0;
    int leadingBefore = -1;
    int trailingBefore = 0;
    put(ofTimes[0], 64);
    put(Double.doubleToRawLongBits(ofValues[0]), 64);
    for (int i = 1; i < times.length; i++) {
      long step = ofTimes[i] - ofTimes[i - 1];
      putTime(step - stepBefore);
      stepBefore = step;
      long differing =
          Double.doubleToRawLongBits(ofValues[i]) ^ Double.doubleToRawLongBits(ofValues[i - 1]);
      if (differing == 0) {
        put(0, 1);
        continue;
      }
      int leading = Math.min(31, Long.numberOfLeadingZeros(differing));
      int trailing = Long.numberOfTrailingZeros(differing);
      if (leadingBefore >= 0 && leading >= leadingBefore && trailing >= trailingBefore) {
        put(2, 2);
        put(differing >>> trailingBefore, 64 - leadingBefore - trailingBefore);
      } else {
        put(3, 2);
        put(leading, 5);
        put((64 - leading - trailing) & 63, 6);
        put(differing >>> trailing, 64 - leading - trailing);
        leadingBefore = leading;
        trailingBefore = trailing;
      }
    }
    return bytes;
  }

  private void putTime(long change) {
    if (change == 0) {
      put(0, 1);
    } else if (change >= -8191 && change <= 8192) {
      put(2, 2);
      put(change, 14);
    } else if (change >= -65535 && change <= 65536) {
      put(6, 3);
      put(change, 17);
    } else {
      put(15, 4);
      put(change, 64);
    }
  }

  private long getTime(byte[] from) {
    if (get(from, 1) == 0) {
      return 0;
    }
    if (get(from, 1) == 0) {
      return signed(get(from, 14), 14);
    }
    if (get(from, 1) == 0) {
      return signed(get(from, 17), 17);
    }
    get(from, 1);
    return get(from, 64);
  }

  private static long signed(long value, int width) {
    return value > 1L << (width - 1) ? value - (1L << width) : value;
  }

  void decode(byte[] from) {
    bit = 0;
    times[0] = get(from, 64);
    long value = get(from, 64);
    values[0] = Double.longBitsToDouble(value);
    long step = 0;
    int leading = 0;
    int trailing = 0;
    for (int i = 1; i < times.length; i++) {
      step += getTime(from);
      times[i] = times[i - 1] + step;
      if (get(from, 1) != 0) {
        if (get(from, 1) != 0) {
          leading = (int) get(from, 5);
          int width = (int) get(from, 6);
          trailing = 64 - leading - (width == 0 ? 64 : width);
        }
        value ^= get(from, 64 - leading - trailing) << trailing;
      }
      values[i] = Double.longBitsToDouble(value);
    }
  }
}
