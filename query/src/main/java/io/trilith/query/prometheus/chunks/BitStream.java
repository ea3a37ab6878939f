package io.trilith.query.prometheus.chunks;

import java.util.Arrays;

/** Bits, most significant first, in one growing array. Not thread-safe. */
final class BitStream {
  private static final int[] WIDTHS = {3, 6, 9, 12, 18, 25, 56};

  private byte[] bytes = new byte[256];
  private long bits;

  void clear() {
    Arrays.fill(bytes, 0, size(), (byte) 0);
    bits = 0;
  }

  int size() {
    return (int) ((bits + 7) >>> 3);
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size());
  }

  /** Overwrites a whole byte. */
  void setByte(int at, int value) {
    bytes[at] = (byte) value;
  }

  /** The lowest bits of a value. */
  void put(long value, int width) {
    if (bytes.length - size() < 9) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
    for (int left = width; left > 0; ) {
      int at = (int) (bits >>> 3);
      int free = 8 - (int) (bits & 7);
      int taken = Math.min(free, left);
      long part = (value >>> (left - taken)) & ((1L << taken) - 1);
      bytes[at] |= (byte) (part << (free - taken));
      bits += taken;
      left -= taken;
    }
  }

  void putDouble(double value) {
    put(Double.doubleToRawLongBits(value), 64);
  }

  /** A number of bytes of seven bits, lowest first, as protobuf has it. */
  void putBytewise(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      put((rest & 0x7f) | 0x80, 8);
      rest >>>= 7;
    }
    put(rest, 8);
  }

  void putSignedBytewise(long value) {
    putBytewise(value << 1 ^ value >> 63);
  }

  /** A signed number in one of nine widths, the width in unary before it. */
  void putSigned(long value) {
    if (value == 0) {
      put(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      long half = 1L << (WIDTHS[i] - 1);
      if (value > -half && value <= half) {
        putBucket(i, value);
        return;
      }
    }
    put(0xff, 8);
    put(value, 64);
  }

  /** An unsigned number in one of nine widths, the width in unary before it. */
  void putUnsigned(long value) {
    if (value == 0) {
      put(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      if (value >>> WIDTHS[i] == 0) {
        putBucket(i, value);
        return;
      }
    }
    put(0xff, 8);
    put(value, 64);
  }

  private void putBucket(int bucket, long value) {
    int ones = bucket + 1;
    put((1L << (ones + 1)) - 2, ones + 1);
    put(value, WIDTHS[bucket]);
  }
}
