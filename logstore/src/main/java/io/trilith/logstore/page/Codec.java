package io.trilith.logstore.page;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;

/**
 * Bytes that are compressed only where it pays, and numbers in planes of such bytes.
 *
 * <pre>
 * blob = 0 length:varint bytes | 1 length:varint packed:varint zstd(bytes) | 2 length:varint byte
 * ints = mode:1 first:zigzag base:zigzag factor:varint width:1 blob*width    the lowest bytes first
 * </pre>
 *
 * A number is base + factor * plane value; in mode {@link #DELTA} that is the step from the number
 * before, in the modes from {@link #TIME} on the distance to the entry's time in ns, us, ms or s.
 */
final class Codec implements AutoCloseable {
  static final int PLAIN = 0;
  static final int DELTA = 1;
  static final int TIME = 2;
  private static final long[] UNITS = {1, 1_000, 1_000_000, 1_000_000_000};
  private static final int BLOB_MAX = 1 << 28;
  private static final int COMPRESS_FROM = 40;

  private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(1).setContentSize(false);
  private byte[] packed = new byte[1 << 12];
  private final int[] histogram = new int[256];

  /** Times of the rows of a column, made when a column needs them. */
  @FunctionalInterface
  interface RowTimes {
    long[] get();
  }

  @Override
  public void close() {
    zstd.close();
  }

  /** Appends bytes as a blob. */
  void putBlob(byte[] bytes, int from, int length, ByteWriter out) {
    if (length > 1 && isConstant(bytes, from, length)) {
      out.putByte(2);
      out.putVarint(length);
      out.putByte(bytes[from]);
      return;
    }
    if (length >= COMPRESS_FROM && paysPerhaps(bytes, from, length)) {
      int bound = Math.toIntExact(Zstd.compressBound(length));
      if (packed.length < bound) {
        packed = new byte[bound];
      }
      int size = zstd.compressByteArray(packed, 0, packed.length, bytes, from, length);
      if (size < length - length / 32) {
        out.putByte(1);
        out.putVarint(length);
        out.putVarint(size);
        out.putBytes(packed, 0, size);
        return;
      }
    }
    out.putByte(0);
    out.putVarint(length);
    out.putBytes(bytes, from, length);
  }

  private static boolean isConstant(byte[] bytes, int from, int length) {
    for (int i = from + 1; i < from + length; i++) {
      if (bytes[i] != bytes[from]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the bytes are not plainly random. */
  private boolean paysPerhaps(byte[] bytes, int from, int length) {
    java.util.Arrays.fill(histogram, 0);
    int sample = Math.min(length, 4096);
    for (int i = from; i < from + sample; i++) {
      histogram[bytes[i] & 0xff]++;
    }
    double bits = 0;
    for (int count : histogram) {
      if (count > 0) {
        bits += count * Log2.of(sample / (double) count);
      }
    }
    // Few random bytes do not fill the histogram evenly.
    return bits < sample * 7.3 && !(sample < 1024 && bits > 0.93 * sample * Log2.of(sample));
  }

  static byte[] getBlob(ByteReader in) {
    int method = in.getByte();
    long length = in.getVarint();
    if (length < 0 || length > BLOB_MAX || method > 2) {
      throw in.corrupt("a blob of " + length + " bytes by method " + method);
    }
    switch (method) {
      case 0 -> {
        return in.getBytes((int) length);
      }
      case 2 -> {
        byte[] bytes = new byte[(int) length];
        java.util.Arrays.fill(bytes, (byte) in.getByte());
        return bytes;
      }
      default -> {
        byte[] packed = in.getBytes(in.getCount());
        // A frame cannot hold more than about 32,000 times its size; what says so is damaged.
        if (length > 40_000L * packed.length + 64) {
          throw in.corrupt(packed.length + " compressed bytes for " + length);
        }
        byte[] bytes = new byte[(int) length];
        try {
          long size = Zstd.decompressByteArray(bytes, 0, bytes.length, packed, 0, packed.length);
          if (size != length) {
            throw in.corrupt("zstd: " + length + " bytes expected, " + size + " there");
          }
        } catch (ZstdException e) {
          throw in.corrupt("zstd: " + e.getMessage());
        }
        return bytes;
      }
    }
  }

  /**
   * Appends numbers in whichever mode makes them smallest.
   *
   * @param times of the rows, or null when the numbers have nothing to do with time
   */
  void putInts(long[] values, int count, long @org.jspecify.annotations.Nullable [] times, ByteWriter out) {
    int mode = PLAIN;
    if (count > 2) {
      double best = cost(values, count, PLAIN, null);
      double delta = cost(values, count, DELTA, null);
      if (delta < best) {
        best = delta;
        mode = DELTA;
      }
      for (int unit = 0; times != null && unit < UNITS.length; unit++) {
        long distance = values[0] - Math.floorDiv(times[0], UNITS[unit]);
        if (distance > -(1L << 40) && distance < 1L << 40 && values[0] > 1_000_000_000L) {
          double relative = cost(values, count, TIME + unit, times);
          if (relative < best) {
            best = relative;
            mode = TIME + unit;
          }
        }
      }
    }
    put(values, count, mode, times, out);
  }

  /** Appends numbers as they are. */
  void putPlain(long[] values, int count, ByteWriter out) {
    put(values, count, PLAIN, null, out);
  }

  private static long part(
      long[] values, int i, int mode, long @org.jspecify.annotations.Nullable [] times) {
    return switch (mode) {
      case PLAIN -> values[i];
      case DELTA -> i == 0 ? 0 : values[i] - values[i - 1];
      default ->
          values[i]
              - (times == null ? 0 : Math.floorDiv(times[i], UNITS[mode - TIME]));
    };
  }

  private static double cost(
      long[] values, int count, int mode, long @org.jspecify.annotations.Nullable [] times) {
    int first = mode == DELTA ? 1 : 0;
    long min = Long.MAX_VALUE;
    for (int i = first; i < count; i++) {
      min = Math.min(min, part(values, i, mode, times));
    }
    double bits = 0;
    for (int i = first; i < count; i++) {
      bits += 64 - Long.numberOfLeadingZeros(part(values, i, mode, times) - min);
    }
    return bits;
  }

  private void put(
      long[] values,
      int count,
      int mode,
      long @org.jspecify.annotations.Nullable [] times,
      ByteWriter out) {
    int first = mode == DELTA ? 1 : 0;
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = first; i < count; i++) {
      long part = part(values, i, mode, times);
      min = Math.min(min, part);
      max = Math.max(max, part);
    }
    min = count <= first ? 0 : min;
    max = count <= first ? 0 : max;
    long range = max - min;
    long factor = 1;
    if (range > 255) {
      factor = 0;
      for (int i = first; i < count && factor != 1; i++) {
        factor = gcd(part(values, i, mode, times) - min, factor);
      }
    }
    long top = range < 0 ? -1 : range / factor;
    int width = (64 - Long.numberOfLeadingZeros(top) + 7) / 8;
    out.putByte(mode);
    out.putZigzag(mode == DELTA && count > 0 ? values[0] : 0);
    out.putZigzag(min);
    out.putVarint(factor);
    out.putByte(width);
    byte[] plane = new byte[Math.max(0, count - first)];
    for (int p = 0; p < width; p++) {
      for (int i = first; i < count; i++) {
        long rest = part(values, i, mode, times) - min;
        plane[i - first] = (byte) ((factor == 1 ? rest : rest / factor) >>> (8 * p));
      }
      putBlob(plane, 0, plane.length, out);
    }
  }

  /** Of numbers that are not negative; 1 when one is. */
  private static long gcd(long a, long b) {
    if (a < 0 || b < 0) {
      return 1;
    }
    long x = a;
    long y = b;
    while (y != 0) {
      long rest = x % y;
      x = y;
      y = rest;
    }
    return x;
  }

  static long[] getInts(ByteReader in, int count, RowTimes rowTimes) {
    int mode = in.getByte();
    if (mode >= TIME + UNITS.length) {
      throw in.corrupt("numbers of mode " + mode);
    }
    long value = in.getZigzag();
    long base = in.getZigzag();
    long factor = in.getVarint();
    int width = in.getByte();
    if (width > 8) {
      throw in.corrupt("numbers of " + width + " bytes");
    }
    int first = mode == DELTA ? 1 : 0;
    long[] values = new long[count];
    for (int p = 0; p < width; p++) {
      byte[] plane = getBlob(in);
      if (plane.length != Math.max(0, count - first)) {
        throw in.corrupt("a plane of " + plane.length + " bytes for " + count + " numbers");
      }
      int shift = 8 * p;
      for (int i = 0; i < plane.length; i++) {
        values[i + first] |= (plane[i] & 0xffL) << shift;
      }
    }
    if (factor != 1 || base != 0) {
      for (int i = first; i < count; i++) {
        values[i] = base + factor * values[i];
      }
    }
    if (mode == DELTA && count > 0) {
      values[0] = value;
      for (int i = 1; i < count; i++) {
        values[i] += values[i - 1];
      }
    } else if (mode >= TIME) {
      long[] times = rowTimes.get();
      long unit = UNITS[mode - TIME];
      for (int i = 0; i < count; i++) {
        values[i] += Math.floorDiv(times[i], unit);
      }
    }
    return values;
  }
}
