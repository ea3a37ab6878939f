package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.BitPacking;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/**
 * Writes columns of longs, each in the form that is shortest for it: see {@link LongFormat}. A
 * common factor is taken out; the numbers, their differences or the differences of those are kept,
 * by fixed width or by a prefix code over bins, outliers apart. Arithmetic wraps, so that any longs
 * come back. Holds scratch; not thread-safe.
 */
final class LongEncoder {
  /** Below this many residuals a prefix code does not earn its table. */
  private static final int BINS_FROM = 48;

  private static final int MEDIAN_OF = 16;

  private long[] numbers = new long[512];
  private long[] residuals = new long[512];
  private long[] sorted = new long[512];
  private long[] exceptions = new long[64];
  private long[] positions = new long[64];
  private final long[] sample = new long[MEDIAN_OF];
  private final PrefixCode code = new PrefixCode();

  // The plan for the residuals at hand.
  private long base;
  private int width;
  private boolean bins;
  private boolean zeros;
  private int low;
  private int binCount;
  private int exceptionCount;
  private int exceptionWidth;

  void encode(long[] values, int count, ByteWriter out) {
    long first = values[0];
    long factor = factor(values, count);
    if (factor == 0) {
      out.putByte(LongFormat.CONSTANT);
      out.putZigzag(first);
      return;
    }
    reserve(count);
    for (int i = 0; i < count; i++) {
      long distance = values[i] - first;
      numbers[i] = factor == 1 ? distance : distance / factor;
    }
    int order = order(count);
    long step = order == 2 ? numbers[1] : 0;
    int size = difference(count, order);
    plan(size);
    collectExceptions(size);
    out.putByte(
        (bins ? LongFormat.BINS : LongFormat.PACKED)
            | (order << LongFormat.ORDER_SHIFT)
            | (factor == 1 ? 0 : LongFormat.HAS_FACTOR)
            | (exceptionCount == 0 ? 0 : LongFormat.HAS_EXCEPTIONS)
            | (bins && zeros ? LongFormat.HAS_ZEROS : 0));
    out.putZigzag(first);
    if (factor != 1) {
      out.putVarint(factor);
    }
    if (order == 2) {
      out.putZigzag(step);
    }
    if (exceptionCount > 0) {
      putExceptions(size, out);
    }
    out.putZigzag(base);
    if (bins) {
      putBins(size, out);
    } else {
      putPacked(size, out);
    }
  }

  private void reserve(int count) {
    if (numbers.length < count) {
      numbers = new long[count];
      residuals = new long[count];
      sorted = new long[count];
    }
  }

  /** What all differences are multiples of; 1 also when they overflow; 0 when all are equal. */
  private static long factor(long[] values, int count) {
    long factor = 0;
    long min = values[0];
    long max = values[0];
    for (int i = 1; i < count; i++) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
    if (min == max) {
      return 0;
    }
    if (max - min < 0) {
      return 1;
    }
    for (int i = 1; i < count && factor != 1; i++) {
      long rest = Math.abs(values[i] - values[i - 1]);
      while (rest != 0) {
        long next = factor % rest;
        factor = rest;
        rest = next;
      }
    }
    return factor;
  }

  /** How often to take differences: the order whose residuals have the fewest bits. */
  private int order(int count) {
    if (count < 3) {
      return 1;
    }
    long center0 = median(count, 0);
    long center1 = median(count, 1);
    long bits0 = 0;
    long bits1 = 0;
    long bits2 = 0;
    long before = numbers[1] - numbers[0];
    for (int i = 1; i < count; i++) {
      long number = numbers[i];
      long step = number - numbers[i - 1];
      bits0 += 64 - Long.numberOfLeadingZeros(Math.abs(number - center0));
      bits1 += 64 - Long.numberOfLeadingZeros(Math.abs(step - center1));
      bits2 += 64 - Long.numberOfLeadingZeros(Math.abs(step - before));
      before = step;
    }
    if (bits0 <= bits1) {
      return bits0 <= bits2 ? 0 : 2;
    }
    return bits1 <= bits2 ? 1 : 2;
  }

  private long median(int count, int order) {
    int taken = Math.min(MEDIAN_OF, count - 1);
    for (int i = 0; i < taken; i++) {
      int at = 1 + (int) ((long) i * (count - 1) / taken);
      long value = order == 0 ? numbers[at] : numbers[at] - numbers[at - 1];
      int to = i;
      for (; to > 0 && sample[to - 1] > value; to--) {
        sample[to] = sample[to - 1];
      }
      sample[to] = value;
    }
    return sample[taken / 2];
  }

  /** Fills in the residuals of all but the first number. */
  private int difference(int count, int order) {
    switch (order) {
      case 0 -> System.arraycopy(numbers, 1, residuals, 0, count - 1);
      case 1 -> {
        for (int i = 1; i < count; i++) {
          residuals[i - 1] = numbers[i] - numbers[i - 1];
        }
      }
      default -> {
        residuals[0] = 0;
        for (int i = 2; i < count; i++) {
          residuals[i - 1] = numbers[i] - 2 * numbers[i - 1] + numbers[i - 2];
        }
      }
    }
    return count - 1;
  }

  private static int bits(long unsigned) {
    return 64 - Long.numberOfLeadingZeros(unsigned);
  }

  private static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }

  private void plan(int size) {
    System.arraycopy(residuals, 0, sorted, 0, size);
    Arrays.sort(sorted, 0, size);
    long packedBits = planPacked(size);
    bins = false;
    if (size >= BINS_FROM && width > 0) {
      planBins(size, packedBits);
    }
  }

  /** Bits that an outlier takes when the others start at a base. */
  private int outlierBits(int size, long from) {
    return bits(size - 1)
        + Math.max(bits(zigzag(sorted[0] - from)), bits(zigzag(sorted[size - 1] - from)));
  }

  private long planPacked(int size) {
    base = sorted[0];
    width = bits(sorted[size - 1] - sorted[0]);
    long best = (long) width * size;
    int least = Math.max(0, bits(sorted[size - 1 - size / 4] - sorted[size / 4]) - 1);
    int worse = 0;
    for (int w = width - 1; w >= least && worse < 3; w--) {
      long span = (1L << w) - 1;
      int inside = 0;
      int start = 0;
      int to = 0;
      for (int i = 0; i < size - inside; i++) {
        while (to < size && Long.compareUnsigned(sorted[to] - sorted[i], span) <= 0) {
          to++;
        }
        if (to - i > inside) {
          inside = to - i;
          start = i;
        }
      }
      long cost = (long) w * size + 16 + (long) (size - inside) * outlierBits(size, sorted[start]);
      if (cost < best) {
        best = cost;
        base = sorted[start];
        width = w;
        worse = 0;
      } else {
        worse++;
      }
    }
    return best + 8;
  }

  private void planBins(int size, long packedBits) {
    int cut = size / 256;
    long from = sorted[cut];
    int span = bits(sorted[size - 1 - cut] - from);
    int leastLow = Math.max(0, span - 5);
    if (leastLow > LongFormat.LOW_MAX - 1) {
      return;
    }
    long best = packedBits - packedBits / 128 - 8;
    for (int k = leastLow; k <= leastLow + 1; k++) {
      int count = (int) ((sorted[size - 1 - cut] - from) >>> k) + 1;
      boolean apart = k > 0 && count(sorted, size, from, k, count);
      if (k == 0) {
        count(sorted, size, from, k, count);
      }
      int symbols = count + (apart ? 1 : 0);
      int outside = size - code.total(symbols);
      long lowBits = (long) k * (size - outside - (apart ? code.count(count) : 0));
      long cost =
          code.entropyBits(symbols)
              + lowBits
              + 5L * symbols / 2
              + 40
              + (outside == 0 ? 0 : 16 + (long) outside * (outlierBits(size, from) + k + 2));
      if (cost < best && code.used(symbols) > 1) {
        best = cost;
        bins = true;
        low = k;
        binCount = count;
        zeros = apart;
        base = from;
      }
    }
    if (bins) {
      count(sorted, size, base, low, binCount);
    }
  }

  /** Counts residuals by bin; whether zeros are many enough to have a symbol of their own. */
  private boolean count(long[] of, int size, long from, int k, int count) {
    code.clear();
    int zeroCount = 0;
    for (int i = 0; i < size; i++) {
      long bin = (of[i] - from) >>> k;
      if (Long.compareUnsigned(bin, count) < 0) {
        if (of[i] == 0) {
          zeroCount++;
        } else {
          code.add((int) bin);
        }
      }
    }
    boolean apart = k > 0 && zeroCount > size / 16;
    if (zeroCount > 0) {
      code.add(apart ? count : (int) (-from >>> k), zeroCount);
    }
    return apart;
  }

  private void collectExceptions(int size) {
    exceptionCount = 0;
    exceptionWidth = 0;
    for (int i = 0; i < size; i++) {
      long distance = residuals[i] - base;
      boolean fits =
          bins
              ? Long.compareUnsigned(distance >>> low, binCount) < 0 || (zeros && residuals[i] == 0)
              : width == 64 || distance >>> width == 0;
      if (!fits) {
        if (exceptionCount == exceptions.length) {
          exceptions = Arrays.copyOf(exceptions, exceptionCount * 2);
          positions = Arrays.copyOf(positions, exceptionCount * 2);
        }
        exceptions[exceptionCount] = zigzag(distance);
        positions[exceptionCount] = i;
        exceptionWidth = Math.max(exceptionWidth, bits(zigzag(distance)));
        exceptionCount++;
      }
    }
  }

  private void putExceptions(int size, ByteWriter out) {
    out.putVarint(exceptionCount);
    out.putByte(exceptionWidth);
    BitPacking.pack(positions, 0, exceptionCount, bits(size - 1), out);
    BitPacking.pack(exceptions, 0, exceptionCount, exceptionWidth, out);
  }

  private void putPacked(int size, ByteWriter out) {
    for (int i = 0; i < size; i++) {
      residuals[i] -= base;
    }
    for (int i = 0; i < exceptionCount; i++) {
      residuals[(int) positions[i]] = 0;
    }
    out.putByte(width);
    BitPacking.pack(residuals, 0, size, width, out);
  }

  private void putBins(int size, ByteWriter out) {
    int symbols = binCount + (zeros ? 1 : 0);
    int common = code.assign(symbols);
    // An exception's place is taken by a residual that is cheap.
    long filler = zeros && common == binCount ? 0 : base + ((long) common << low);
    for (int i = 0; i < exceptionCount; i++) {
      residuals[(int) positions[i]] = filler;
    }
    out.putByte(low);
    out.putByte(binCount);
    code.putLengths(symbols, out);
    int half = (size + 1) / 2;
    int lengthAt = out.size();
    putBits(0, half, out);
    int firstLength = out.size() - lengthAt;
    // The length stands in front of what it counts: move the bits by its own few bytes.
    byte[] moved = Arrays.copyOfRange(out.array(), lengthAt, out.size());
    out.truncate(lengthAt);
    out.putVarint(firstLength);
    out.putBytes(moved);
    putBits(half, size, out);
  }

  private void putBits(int from, int to, ByteWriter out) {
    long pending = 0;
    int bits = 0;
    long mask = (1L << low) - 1;
    for (int i = from; i < to; i++) {
      long residual = residuals[i];
      int symbol;
      int lowBits;
      if (zeros && residual == 0) {
        symbol = binCount;
        lowBits = 0;
      } else {
        symbol = (int) ((residual - base) >>> low);
        lowBits = low;
      }
      int length = code.length(symbol);
      long word = code.bits(symbol) | (lowBits == 0 ? 0 : ((residual - base) & mask) << length);
      int total = length + lowBits;
      pending |= word << bits;
      if (bits + total >= 64) {
        out.putLong(pending);
        pending = word >>> (64 - bits);
        bits += total - 64;
      } else {
        bits += total;
      }
    }
    for (; bits > 0; bits -= 8) {
      out.putByte((int) pending);
      pending >>>= 8;
    }
  }
}
