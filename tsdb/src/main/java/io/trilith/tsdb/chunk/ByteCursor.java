package io.trilith.tsdb.chunk;

import io.trilith.storage.error.StorageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A position in a page of chunks. The array is longer than the page by {@link #SLACK} bytes, so
 * that eight bytes may be loaded at any of its positions. Reused from chunk to chunk; not
 * thread-safe.
 */
public final class ByteCursor {
  /** Bytes that the array must have beyond the end. */
  public static final int SLACK = 16;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[SLACK];
  private int at;
  private int end;
  private String file = "";
  private long base;

  /**
   * Points at a part of a page.
   *
   * @param file named in errors
   * @param base offset in the file of the array's first byte
   */
  public void reset(byte[] page, int from, int to, String file, long base) {
    if (from < 0 || to < from || to > page.length - SLACK) {
      throw new StorageException.Corrupt(
          file, base, "a chunk at " + from + " to " + to + " of " + (page.length - SLACK));
    }
    this.bytes = page;
    this.at = from;
    this.end = to;
    this.file = file;
    this.base = base;
  }

  byte[] array() {
    return bytes;
  }

  String file() {
    return file;
  }

  /** Where in the file the cursor is. */
  long offset() {
    return base + at;
  }

  int at() {
    return at;
  }

  int end() {
    return end;
  }

  /** Eight bytes from any position below the end. */
  static long longAt(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  /** Skips bytes and returns where they began. */
  int skip(int length) {
    if (length < 0 || length > end - at) {
      throw corrupt(length + " bytes wanted, " + (end - at) + " left");
    }
    int from = at;
    at += length;
    return from;
  }

  int getByte() {
    return bytes[skip(1)] & 0xff;
  }

  long getLong() {
    return longAt(bytes, skip(8));
  }

  long getVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = bytes[skip(1)];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw corrupt("a number has more than 10 bytes");
  }

  long getZigzag() {
    long value = getVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A varint of at most {@code max}. */
  int getCount(int max) {
    long count = getVarint();
    if (count < 0 || count > max) {
      throw corrupt("a count of " + count + " where " + max + " are possible");
    }
    return (int) count;
  }

  /** Fills {@code into[from..to)} from packed numbers of one width. */
  void unpack(long[] into, int from, int to, int width) {
    if (width > 64) {
      throw corrupt("a width of " + width + " bits");
    }
    int start = skip(Math.toIntExact(((long) (to - from) * width + 7) >>> 3));
    if (width == 0) {
      java.util.Arrays.fill(into, from, to, 0);
      return;
    }
    long mask = -1L >>> (64 - width);
    byte[] source = bytes;
    long bit = (long) start << 3;
    if (width <= 56) {
      for (int i = from; i < to; i++, bit += width) {
        into[i] = (longAt(source, (int) (bit >>> 3)) >>> (bit & 7)) & mask;
      }
      return;
    }
    for (int i = from; i < to; i++, bit += width) {
      int byteAt = (int) (bit >>> 3);
      int shift = (int) (bit & 7);
      long value = longAt(source, byteAt) >>> shift;
      if (shift > 0) {
        value |= (long) source[byteAt + 8] << (64 - shift);
      }
      into[i] = value & mask;
    }
  }

  /** The error for bytes at the current position that cannot be what was written. */
  StorageException.Corrupt corrupt(String reason) {
    return new StorageException.Corrupt(file, base + at, reason);
  }
}
