package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The numbers of a column, read where they lie packed. Immutable. */
final class Longs {
  static final Longs EMPTY = new Longs(new byte[0], 0, 0, 0, 0);

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private final int offset;
  private final int count;
  private final int width;
  private final long min;
  private final long mask;

  private Longs(byte[] bytes, int offset, int count, int width, long min) {
    this.bytes = bytes;
    this.offset = offset;
    this.count = count;
    this.width = width;
    this.min = min;
    this.mask = width == 64 ? -1L : (1L << width) - 1;
  }

  /** A column that is nowhere written down. */
  static Longs zeros(int rows) {
    return new Longs(new byte[0], 0, rows, 0, 0);
  }

  /** A column of a known number of rows. */
  static Longs read(Page in, int rows) {
    ByteReader at = in.reader();
    long min = at.getZigzag();
    int width = at.getByte();
    if (width > 64 || (long) rows * width > 8L * at.remaining()) {
      throw at.corrupt(rows + " rows of " + width + " bits in " + at.remaining() + " bytes");
    }
    Longs longs = new Longs(in.bytes(), at.position(), rows, width, min);
    at.seek(at.position() + (int) (((long) rows * width + 7) >>> 3));
    return longs;
  }

  /** As above; numbers of a table of that size. */
  static Longs indexes(Page in, int rows, int bound) {
    Longs longs = read(in, rows);
    for (int i = 0; i < rows; i++) {
      long value = longs.get(i);
      if (value < 0 || value >= bound) {
        throw in.reader().corrupt("index " + value + " is not below " + bound);
      }
    }
    return longs;
  }

  int count() {
    return count;
  }

  /** The least number that may be here. */
  long min() {
    return min;
  }

  /** Values above the least one fit into this many bits. */
  int width() {
    return width;
  }

  long get(int i) {
    return min + above(i);
  }

  /** The number less the least one. */
  long above(int i) {
    long bit = (long) i * width;
    int at = offset + (int) (bit >>> 3);
    int shift = (int) (bit & 7);
    if (at + 9 > bytes.length) {
      return slow(at, shift);
    }
    long value = (long) WORD.get(bytes, at) >>> shift;
    if (shift + width > 64) {
      value |= (bytes[at + 8] & 0xffL) << (64 - shift);
    }
    return value & mask;
  }

  /** The numbers of this many rows from one on, to the start of an array. */
  void unpack(int from, int rows, long[] into) {
    byte[] in = bytes;
    int bits = width;
    long least = min;
    long keep = mask;
    // Those that are read as a word from inside of the page and reach over no more than that.
    long last = bits == 0 || bits > 57 ? -1 : ((in.length - 9L - offset) << 3) / bits;
    int end = (int) Math.max(0, Math.min(rows, last - from));
    long bit = (long) from * bits;
    for (int i = 0; i < end; i++) {
      into[i] = least + ((long) WORD.get(in, offset + (int) (bit >>> 3)) >>> (bit & 7) & keep);
      bit += bits;
    }
    for (int i = end; i < rows; i++) {
      into[i] = get(from + i);
    }
  }

  private long slow(int at, int shift) {
    long value = 0;
    for (int bit = 0; bit < width; bit += 8) {
      int from = at + ((shift + bit) >> 3);
      int rest = (shift + bit) & 7;
      long here = from < bytes.length ? bytes[from] & 0xffL : 0;
      long next = from + 1 < bytes.length ? bytes[from + 1] & 0xffL : 0;
      value |= ((here | next << 8) >>> rest & 0xff) << bit;
    }
    return value & mask;
  }
}
