package io.trilith.logstore.page;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

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
  private long[] parts = new long[1 << 10];
  private byte[] plane = new byte[1 << 10];

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
    Arrays.fill(histogram, 0);
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
    return switch (method) {
      case 0 -> in.getBytes((int) length);
      case 1 -> unpacked((int) length, in);
      default -> {
        byte[] bytes = new byte[(int) length];
        Arrays.fill(bytes, (byte) in.getByte());
        yield bytes;
      }
    };
  }

  private static byte[] unpacked(int length, ByteReader in) {
    byte[] packed = in.getBytes(in.getCount());
    // A frame cannot hold more than about 32,000 times its size; what says so is damaged.
    if (length > 40_000L * packed.length + 64) {
      throw in.corrupt(packed.length + " compressed bytes for " + length);
    }
    byte[] bytes = new byte[length];
    int size = decompress(bytes, packed, in);
    if (size != length) {
      throw in.corrupt("zstd: " + length + " bytes expected, " + size + " there");
    }
    return bytes;
  }

  /** Contexts that nobody uses right now: making one costs more than most of our blobs. */
  private static final ArrayBlockingQueue<ZstdDecompressCtx> CONTEXTS =
      new ArrayBlockingQueue<>(16);

  private static int decompress(byte[] into, byte[] packed, ByteReader in) {
    ZstdDecompressCtx pooled = CONTEXTS.poll();
    ZstdDecompressCtx context = pooled == null ? new ZstdDecompressCtx() : pooled;
    boolean kept = false;
    try {
      int size = context.decompressByteArray(into, 0, into.length, packed, 0, packed.length);
      kept = CONTEXTS.offer(context);
      return size;
    } catch (ZstdException e) {
      throw in.corrupt("zstd: " + e.getMessage());
    } finally {
      if (!kept) {
        context.close();
      }
    }
  }

  /**
   * Appends numbers in whichever mode makes them smallest.
   *
   * @param times of the rows, or null when the numbers have nothing to do with time
   */
  void putInts(long[] values, int count, long @Nullable [] times, ByteWriter out) {
    int mode = PLAIN;
    if (count > 2) {
      long best = cost(values, count, PLAIN, null);
      long delta = cost(values, count, DELTA, null);
      if (delta < best) {
        best = delta;
        mode = DELTA;
      }
      for (int unit = 0;
          times != null && values[0] > 1_000_000_000L && unit < UNITS.length;
          unit++) {
        long distance = values[0] - Math.floorDiv(times[0], UNITS[unit]);
        if (distance > -(1L << 40) && distance < 1L << 40) {
          long relative = cost(values, count, TIME + unit, times);
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

  /** Fills what is stored of each number in a mode; returns how many of the first are not. */
  private int fillParts(long[] values, int count, int mode, long @Nullable [] times) {
    if (parts.length < count) {
      parts = new long[count];
    }
    if (mode == DELTA) {
      for (int i = 1; i < count; i++) {
        parts[i - 1] = values[i] - values[i - 1];
      }
      return Math.min(1, count);
    }
    if (mode == PLAIN || times == null) {
      System.arraycopy(values, 0, parts, 0, count);
    } else {
      long unit = UNITS[mode - TIME];
      for (int i = 0; i < count; i++) {
        parts[i] = values[i] - Math.floorDiv(times[i], unit);
      }
    }
    return 0;
  }

  private long cost(long[] values, int count, int mode, long @Nullable [] times) {
    int stored = count - fillParts(values, count, mode, times);
    long min = Long.MAX_VALUE;
    for (int i = 0; i < stored; i++) {
      min = Math.min(min, parts[i]);
    }
    long bits = 0;
    for (int i = 0; i < stored; i++) {
      bits += 64 - Long.numberOfLeadingZeros(parts[i] - min);
    }
    return bits;
  }

  private void put(long[] values, int count, int mode, long @Nullable [] times, ByteWriter out) {
    int stored = count - fillParts(values, count, mode, times);
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = 0; i < stored; i++) {
      min = Math.min(min, parts[i]);
      max = Math.max(max, parts[i]);
    }
    min = stored == 0 ? 0 : min;
    max = stored == 0 ? 0 : max;
    long range = max - min;
    for (int i = 0; i < stored; i++) {
      parts[i] -= min;
    }
    long factor = range > 255 ? factor(stored) : 1;
    if (factor > 1) {
      for (int i = 0; i < stored; i++) {
        parts[i] /= factor;
      }
    }
    long top = range < 0 ? -1 : range / factor;
    int width = (64 - Long.numberOfLeadingZeros(top) + 7) / 8;
    out.putByte(mode);
    out.putZigzag(mode == DELTA && count > 0 ? values[0] : 0);
    out.putZigzag(min);
    out.putVarint(factor);
    out.putByte(width);
    if (plane.length < stored) {
      plane = new byte[stored];
    }
    for (int p = 0; p < width; p++) {
      int shift = 8 * p;
      for (int i = 0; i < stored; i++) {
        plane[i] = (byte) (parts[i] >>> shift);
      }
      putBlob(plane, 0, stored, out);
    }
  }

  /** What all parts can be divided by. */
  private long factor(int stored) {
    long factor = 0;
    for (int i = 0; i < stored && factor != 1; i++) {
      factor = gcd(parts[i], factor);
    }
    return Math.max(1, factor);
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
      if (times.length != count) {
        throw in.corrupt("numbers of mode " + mode + " where there are no times");
      }
      long unit = UNITS[mode - TIME];
      for (int i = 0; i < count; i++) {
        values[i] += Math.floorDiv(times[i], unit);
      }
    }
    return values;
  }
}
