package io.trilith.storage.encoding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Stores numbers of one width back to back, lowest bit first. Widths are 0 to 64. */
public final class BitPacking {
  private BitPacking() {}

  /** Bytes that {@code count} numbers of a width take. */
  public static int size(int count, int width) {
    return Math.toIntExact(((long) count * width + 7) >>> 3);
  }

  /** Bits needed for the greatest of the numbers, taken as unsigned. */
  public static int width(long[] values, int from, int to) {
    long all = 0;
    for (int i = from; i < to; i++) {
      all |= values[i];
    }
    return 64 - Long.numberOfLeadingZeros(all);
  }

  /** Appends {@code values[from..to)}, each of which fits the width. */
  public static void pack(long[] values, int from, int to, int width, ByteWriter out) {
    if (width == 0) {
      return;
    }
    long pending = 0;
    int bits = 0;
    for (int i = from; i < to; i++) {
      long value = values[i];
      pending |= value << bits;
      if (bits + width >= 64) {
        out.putLong(pending);
        pending = bits == 0 ? 0 : value >>> (64 - bits);
        bits = bits + width - 64;
        if (bits == 0) {
          pending = 0;
        }
      } else {
        bits += width;
      }
    }
    for (; bits > 0; bits -= 8) {
      out.putByte((int) pending);
      pending >>>= 8;
    }
  }

  /** Fills {@code values[from..to)} from packed bytes. */
  public static void unpack(ByteReader in, long[] values, int from, int to, int width) {
    if (width < 0 || width > 64) {
      throw in.corrupt("a width of " + width + " bits");
    }
    ByteBuffer packed = in.slice(size(to - from, width)).order(ByteOrder.LITTLE_ENDIAN);
    if (width == 0) {
      java.util.Arrays.fill(values, from, to, 0);
      return;
    }
    long mask = width == 64 ? -1L : (1L << width) - 1;
    int limit = packed.limit();
    long bit = 0;
    for (int i = from; i < to; i++, bit += width) {
      int at = (int) (bit >>> 3);
      int shift = (int) (bit & 7);
      long low = at + 8 <= limit ? packed.getLong(at) : tail(packed, at, limit);
      long value = low >>> shift;
      if (shift + width > 64) {
        value |= (packed.get(at + 8) & 0xffL) << (64 - shift);
      }
      values[i] = value & mask;
    }
  }

  private static long tail(ByteBuffer packed, int from, int limit) {
    long value = 0;
    for (int i = limit - 1; i >= from; i--) {
      value = value << 8 | (packed.get(i) & 0xffL);
    }
    return value;
  }
}
