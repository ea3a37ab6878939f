package io.trilith.tsdb.chunk;

import java.util.Arrays;

/** Reads what {@link LongEncoder} wrote. Holds scratch; not thread-safe. */
final class LongDecoder {
  private static final int TABLE = 1 << LongFormat.CODE_MAX;

  /** By the next bits: symbol (bits 16 and up), bits of code and low part (8-15), of code (0-7). */
  private final int[] table = new int[TABLE];

  private int tableMask;

  /** By length: the next code of it. */
  private final int[] codes = new int[LongFormat.CODE_MAX + 1];

  private final long[] bases = new long[LongFormat.SYMBOLS_MAX + 1];
  private final long[] masks = new long[LongFormat.SYMBOLS_MAX + 1];
  private final int[] lengths = new int[LongFormat.SYMBOLS_MAX + 1];
  private long[] positions = new long[64];
  private long[] exceptions = new long[64];

  /** Fills {@code into[from..from + count)}. */
  void decode(ByteCursor in, long[] into, int from, int count) {
    try {
      decodeChecked(in, into, from, count);
    } catch (IndexOutOfBoundsException e) {
      throw in.corrupt("a column reaches beyond its bytes");
    }
  }

  private void decodeChecked(ByteCursor in, long[] into, int from, int count) {
    int head = in.getByte();
    int coder = head & LongFormat.CODER_MASK;
    long first = in.getZigzag();
    if (coder == LongFormat.CONSTANT) {
      Arrays.fill(into, from, from + count, first);
      return;
    }
    int order = (head >> LongFormat.ORDER_SHIFT) & 3;
    if (count < 2 || order > 2 || coder > LongFormat.BINS) {
      throw in.corrupt("a column head of " + head + " for " + count + " numbers");
    }
    long factor = (head & LongFormat.HAS_FACTOR) == 0 ? 1 : in.getVarint();
    long step = order == 2 ? in.getZigzag() : 0;
    int size = count - 1;
    int exceptionCount = 0;
    if ((head & LongFormat.HAS_EXCEPTIONS) != 0) {
      exceptionCount = readExceptions(in, size);
    }
    long base = in.getZigzag();
    int start = from + 1;
    boolean packed = coder == LongFormat.PACKED;
    if (packed) {
      in.unpack(into, start, start + size, in.getByte());
    } else {
      decodeBins(in, into, start, size, (head & LongFormat.HAS_ZEROS) != 0, base);
    }
    for (int i = 0; i < exceptionCount; i++) {
      if (positions[i] >= size) {
        throw in.corrupt("an exception at " + positions[i] + " of " + size);
      }
      into[start + (int) positions[i]] = exceptions[i] + (packed ? 0 : base);
    }
    into[from] = first;
    restore(into, start, start + size, order, step, factor, packed ? base : 0);
  }

  /** The first value stands in its place already. */
  private static void restore(
      long[] into, int from, int to, int order, long step, long factor, long base) {
    long first = into[from - 1];
    switch (order) {
      case 0 -> {
        long start = first + base * factor;
        for (int i = from; i < to; i++) {
          into[i] = start + into[i] * factor;
        }
      }
      case 1 -> {
        long value = first;
        long each = base * factor;
        for (int i = from; i < to; i++) {
          value += each + into[i] * factor;
          into[i] = value;
        }
      }
      default -> {
        long value = first;
        long slope = step;
        for (int i = from; i < to; i++) {
          slope += base + into[i];
          value += slope * factor;
          into[i] = value;
        }
      }
    }
  }

  /** Reads where the outliers are and how far each is from the base. */
  private int readExceptions(ByteCursor in, int size) {
    int count = in.getCount(size);
    int width = in.getByte();
    if (positions.length < count) {
      positions = new long[count];
      exceptions = new long[count];
    }
    in.unpack(positions, 0, count, 64 - Long.numberOfLeadingZeros(size - 1));
    in.unpack(exceptions, 0, count, width);
    for (int i = 0; i < count; i++) {
      exceptions[i] = (exceptions[i] >>> 1) ^ -(exceptions[i] & 1);
    }
    return count;
  }

  private void decodeBins(
      ByteCursor in, long[] into, int from, int size, boolean zeros, long base) {
    int low = in.getByte();
    int bins = in.getByte();
    if (low > LongFormat.LOW_MAX || bins > LongFormat.BINS_MAX) {
      throw in.corrupt(bins + " bins of " + low + " bits");
    }
    readLengths(in, bins + (zeros ? 1 : 0));
    fillTable(in, bins, zeros, low, base);
    int half = (size + 1) / 2;
    int firstLength = in.getCount(in.end() - in.at());
    int firstAt = in.skip(firstLength);
    // Two streams side by side: the next code of one is looked up while the other's is on its way.
    byte[] bytes = in.array();
    int[] entries = table;
    int tableMask = this.tableMask;
    int second = size - half;
    long bitA = (long) firstAt << 3;
    long bitB = (long) in.at() << 3;
    int i = 0;
    for (; i < second; i++) {
      long windowA = ByteCursor.longAt(bytes, (int) (bitA >>> 3)) >>> (bitA & 7);
      long windowB = ByteCursor.longAt(bytes, (int) (bitB >>> 3)) >>> (bitB & 7);
      int entryA = entries[(int) windowA & tableMask];
      int entryB = entries[(int) windowB & tableMask];
      int symbolA = entryA >>> 16;
      int symbolB = entryB >>> 16;
      bitA += (entryA >>> 8) & 0xff;
      bitB += (entryB >>> 8) & 0xff;
      into[from + i] = bases[symbolA] + ((windowA >>> (entryA & 0xff)) & masks[symbolA]);
      into[from + half + i] = bases[symbolB] + ((windowB >>> (entryB & 0xff)) & masks[symbolB]);
    }
    if (i < half) {
      long window = ByteCursor.longAt(bytes, (int) (bitA >>> 3)) >>> (bitA & 7);
      int entry = entries[(int) window & tableMask];
      int symbol = entry >>> 16;
      bitA += (entry >>> 8) & 0xff;
      into[from + i] = bases[symbol] + ((window >>> (entry & 0xff)) & masks[symbol]);
    }
    if (((bitA + 7) >>> 3) != firstAt + firstLength) {
      throw in.corrupt("codes end " + bitA + " bits in, not where they should");
    }
    in.skip((int) ((bitB + 7) >>> 3) - in.at());
  }

  private void readLengths(ByteCursor in, int symbols) {
    int before = LongFormat.FIRST_LENGTH;
    byte[] bytes = in.array();
    int start = in.at();
    int bit = 0;
    for (int i = 0; i < symbols; i++) {
      int window = (int) (ByteCursor.longAt(bytes, start + (bit >> 3)) >>> (bit & 7));
      if ((window & 1) == 0) {
        bit++;
      } else if ((window & 2) == 0) {
        before++;
        bit += 2;
      } else if ((window & 4) == 0) {
        before--;
        bit += 3;
      } else {
        before = (window >> 3) & 15;
        bit += 7;
      }
      if (before < 0 || before > LongFormat.CODE_MAX) {
        throw in.corrupt("a code of " + before + " bits");
      }
      lengths[i] = before;
    }
    in.skip((bit + 7) >> 3);
  }

  /**
   * Makes the table of a canonical code, no larger than its longest code needs: most columns of a
   * query have a code of their own, and filling is most of what reading a short one costs.
   */
  private void fillTable(ByteCursor in, int bins, boolean zeros, int low, long base) {
    int symbols = bins + (zeros ? 1 : 0);
    Arrays.fill(codes, 0);
    for (int symbol = 0; symbol < symbols; symbol++) {
      codes[lengths[symbol]]++;
    }
    int longest = LongFormat.CODE_MAX;
    while (longest > 0 && codes[longest] == 0) {
      longest--;
    }
    int size = 1 << longest;
    // From how many codes a length has to the first of them.
    int next = 0;
    codes[0] = 0;
    for (int length = 1; length <= longest; length++) {
      next <<= 1;
      int first = next;
      next += codes[length];
      codes[length] = first;
      if (next > 1 << length) {
        throw in.corrupt("a prefix code with too many codes");
      }
    }
    if (longest == 0 || next != size) {
      throw in.corrupt("a prefix code that is not complete");
    }
    tableMask = size - 1;
    long mask = (1L << low) - 1;
    for (int symbol = 0; symbol < bins; symbol++) {
      bases[symbol] = base + ((long) symbol << low);
      masks[symbol] = mask;
      fill(symbol, low, size);
    }
    if (zeros) {
      bases[bins] = 0;
      masks[bins] = 0;
      fill(bins, 0, size);
    }
  }

  private void fill(int symbol, int low, int size) {
    int length = lengths[symbol];
    if (length == 0) {
      return;
    }
    int entry = (symbol << 16) | ((length + low) << 8) | length;
    int step = 1 << length;
    for (int i = Integer.reverse(codes[length]++) >>> (32 - length); i < size; i += step) {
      table[i] = entry;
    }
  }
}
