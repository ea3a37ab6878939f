package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.BitPacking;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SampleBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Float samples, see {@code docs/formats/metric-chunk.md}. Values that are decimals of few digits
 * become integers and are packed as distances from the least, or as their steps; others keep the
 * bits in which they differ.
 *
 * <pre>
 * chunk  = count:varint  flags:1  times  starts?  values
 * flags  = mode (bits 0-1)  hasStarts (bit 2)
 * values = bits:8                                                  CONSTANT
 *        | exponent:1 least:zigzag width:1 packed                  DECIMAL: value = (least + packed) / 10^exponent
 *        | exponent:1 first:zigzag least:zigzag width:1 packed     STEPS: each is the one before + least + packed
 *        | first:8 shift:1 width:1 packed                          BITS: value = first ^ (packed << shift)
 * </pre>
 */
public final class FloatCodec {
  /** Samples per chunk at most, when written. */
  public static final int CHUNK_SAMPLES = 120;

  private static final int COUNT_MAX = 1 << 16;
  private static final int CONSTANT = 0;
  private static final int DECIMAL = 1;
  private static final int STEPS = 2;
  private static final int BITS = 3;
  private static final int MODE_MASK = 3;
  private static final int HAS_STARTS = 4;
  private static final int EXPONENT_MAX = 12;
  private static final double INTEGER_MAX = 1L << 53;
  private static final double[] POWERS = new double[EXPONENT_MAX + 1];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private FloatCodec() {}

  /** Encodes {@code count > 0} samples, ascending in time. Starts are null when none is known. */
  public static Chunk encode(long[] times, long @Nullable [] starts, double[] values, int count) {
    ByteWriter out = new ByteWriter(64 + count * 2);
    out.putVarint(count);
    int flagsAt = out.size();
    int flags = starts == null ? 0 : HAS_STARTS;
    out.putByte(flags);
    TimeColumn.encode(times, count, out);
    if (starts != null) {
      StartColumn.encode(starts, count, out);
    }
    flags |= encodeValues(values, count, out);
    out.array()[flagsAt] = (byte) flags;
    return new Chunk(times[0], times[count - 1], count, Chunk.Kind.FLOATS, out.toArray());
  }

  private static int encodeValues(double[] values, int count, ByteWriter out) {
    long first = Double.doubleToRawLongBits(values[0]);
    long differing = 0;
    for (int i = 1; i < count; i++) {
      differing |= Double.doubleToRawLongBits(values[i]) ^ first;
    }
    if (differing == 0) {
      out.putLong(first);
      return CONSTANT;
    }
    long[] integers = new long[count];
    int exponent = integers(values, count, integers);
    if (exponent < 0) {
      return encodeBits(values, count, first, differing, out);
    }
    return encodeIntegers(integers, count, exponent, out);
  }

  /** Fills in value × 10^exponent for the least exponent that loses nothing, or returns -1. */
  private static int integers(double[] values, int count, long[] integers) {
    int exponent = 0;
    for (int i = 0; i < count; i++) {
      while (!exact(values[i], exponent)) {
        if (++exponent > EXPONENT_MAX) {
          return -1;
        }
      }
    }
    for (int i = 0; i < count; i++) {
      // A greater exponent than a value's own may push it over 2^53 or round differently: check all
      // again.
      if (!exact(values[i], exponent)) {
        return -1;
      }
      integers[i] = (long) Math.rint(values[i] * POWERS[exponent]);
    }
    return exponent;
  }

  private static boolean exact(double value, int exponent) {
    double scaled = Math.rint(value * POWERS[exponent]);
    return Math.abs(scaled) < INTEGER_MAX
        && Double.doubleToRawLongBits((long) scaled / POWERS[exponent])
            == Double.doubleToRawLongBits(value);
  }

  private static int encodeIntegers(long[] integers, int count, int exponent, ByteWriter out) {
    long least = integers[0];
    long leastStep = Long.MAX_VALUE;
    for (int i = 1; i < count; i++) {
      least = Math.min(least, integers[i]);
      leastStep = Math.min(leastStep, integers[i] - integers[i - 1]);
    }
    long[] steps = new long[count];
    for (int i = count - 1; i > 0; i--) {
      steps[i] = integers[i] - integers[i - 1] - leastStep;
    }
    long firstInteger = integers[0];
    for (int i = 0; i < count; i++) {
      integers[i] -= least;
    }
    int width = BitPacking.width(integers, 0, count);
    int stepWidth = BitPacking.width(steps, 1, count);
    out.putByte(exponent);
    if (stepWidth < width) {
      out.putZigzag(firstInteger);
      out.putZigzag(leastStep);
      out.putByte(stepWidth);
      BitPacking.pack(steps, 1, count, stepWidth, out);
      return STEPS;
    }
    out.putZigzag(least);
    out.putByte(width);
    BitPacking.pack(integers, 0, count, width, out);
    return DECIMAL;
  }

  private static int encodeBits(
      double[] values, int count, long first, long differing, ByteWriter out) {
    int shift = Long.numberOfTrailingZeros(differing);
    int width = 64 - Long.numberOfLeadingZeros(differing) - shift;
    long[] bits = new long[count];
    for (int i = 1; i < count; i++) {
      bits[i] = (Double.doubleToRawLongBits(values[i]) ^ first) >>> shift;
    }
    out.putLong(first);
    out.putByte(shift);
    out.putByte(width);
    BitPacking.pack(bits, 1, count, width, out);
    return BITS;
  }

  static void decode(ByteReader in, long from, long to, SampleBuffer into) {
    int count = readCount(in);
    int flags = in.getByte();
    long[] times = new long[count];
    TimeColumn.decode(in, times, count);
    long[] starts = null;
    if ((flags & HAS_STARTS) != 0) {
      starts = new long[count];
      StartColumn.decode(in, starts, count);
    }
    double[] values = new double[count];
    decodeValues(in, flags & MODE_MASK, values, count);
    for (int i = 0; i < count; i++) {
      if (times[i] >= from && times[i] <= to) {
        into.add(times[i], values[i]);
        if (starts != null) {
          into.startedAt(starts[i]);
        }
      }
    }
  }

  static int readCount(ByteReader in) {
    long count = in.getVarint();
    if (count < 1 || count > COUNT_MAX) {
      throw in.corrupt("a chunk of " + count + " samples");
    }
    return (int) count;
  }

  private static void decodeValues(ByteReader in, int mode, double[] values, int count) {
    switch (mode) {
      case CONSTANT -> java.util.Arrays.fill(values, 0, count, in.getDouble());
      case DECIMAL -> {
        double power = power(in);
        long least = in.getZigzag();
        long[] packed = new long[count];
        BitPacking.unpack(in, packed, 0, count, in.getByte());
        for (int i = 0; i < count; i++) {
          values[i] = (least + packed[i]) / power;
        }
      }
      case STEPS -> {
        double power = power(in);
        long value = in.getZigzag();
        long least = in.getZigzag();
        long[] packed = new long[count];
        BitPacking.unpack(in, packed, 1, count, in.getByte());
        values[0] = value / power;
        for (int i = 1; i < count; i++) {
          value += least + packed[i];
          values[i] = value / power;
        }
      }
      case BITS -> {
        long first = in.getLong();
        int shift = in.getByte() & 63;
        long[] packed = new long[count];
        BitPacking.unpack(in, packed, 1, count, in.getByte());
        for (int i = 0; i < count; i++) {
          values[i] = Double.longBitsToDouble(first ^ (packed[i] << shift));
        }
      }
      default -> throw in.corrupt("value mode " + mode);
    }
  }

  private static double power(ByteReader in) {
    int exponent = in.getByte();
    if (exponent > EXPONENT_MAX) {
      throw in.corrupt("a decimal exponent of " + exponent);
    }
    return POWERS[exponent];
  }
}
