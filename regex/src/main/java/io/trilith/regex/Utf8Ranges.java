package io.trilith.regex;

import java.util.Arrays;

/**
 * A set of code points as sequences of ranges of bytes, in order: the UTF-8 of the set is what any
 * of the sequences generates. Surrogates have no UTF-8.
 */
final class Utf8Ranges {
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, CharSet.MAX};

  /** Lowest and highest bytes of a sequence, its first byte in the lowest eight bits. */
  private int[] lows = new int[16];

  private int[] highs = new int[16];
  private byte[] lengths = new byte[16];
  private int size;

  Utf8Ranges(CharSet set) {
    for (int i = 0; i < set.size(); i++) {
      int lo = set.lo(i);
      int hi = set.hi(i);
      if (hi == CharSet.MAX && lo <= 0x80) {
        add(lo, 0x7F);
        allMultibyte();
      } else if (lo <= Character.MAX_SURROGATE && hi >= Character.MIN_SURROGATE) {
        add(lo, Character.MIN_SURROGATE - 1);
        add(Character.MAX_SURROGATE + 1, hi);
      } else {
        add(lo, hi);
      }
    }
  }

  int size() {
    return size;
  }

  int length(int sequence) {
    return lengths[sequence];
  }

  int lo(int sequence, int depth) {
    return (lows[sequence] >>> (8 * depth)) & 0xFF;
  }

  int hi(int sequence, int depth) {
    return (highs[sequence] >>> (8 * depth)) & 0xFF;
  }

  /**
   * All code points from U+0080. The input is known to be well-formed, so ranges may be wider than
   * UTF-8 is: that leaves fewer classes of bytes.
   */
  private void allMultibyte() {
    emit(2, 0x80C0, 0xBFDF);
    emit(3, 0x8080E0, 0xBFBFEF);
    emit(4, 0x808080F0, 0xBFBFBFFF);
  }

  private void add(int lo, int hi) {
    if (lo > hi) {
      return;
    }
    for (int last : LAST_OF_LENGTH) {
      if (lo <= last && last < hi) {
        add(lo, last);
        add(last + 1, hi);
        return;
      }
    }
    if (hi <= 0x7F) {
      emit(1, lo, hi);
      return;
    }
    // A range is one sequence when below the first differing group of six bits all is free.
    for (int bits = 6; bits <= 18; bits += 6) {
      int mask = (1 << bits) - 1;
      if ((lo & ~mask) != (hi & ~mask)) {
        if ((lo & mask) != 0) {
          add(lo, lo | mask);
          add((lo | mask) + 1, hi);
          return;
        }
        if ((hi & mask) != mask) {
          add(lo, (hi & ~mask) - 1);
          add(hi & ~mask, hi);
          return;
        }
      }
    }
    emit(encodedLength(lo), encoded(lo), encoded(hi));
  }

  private static int encodedLength(int codePoint) {
    return codePoint <= 0x7FF ? 2 : codePoint <= 0xFFFF ? 3 : 4;
  }

  private static int encoded(int c) {
    int last = 0x80 | (c & 0x3F);
    int third = 0x80 | (c >> 6 & 0x3F);
    if (c <= 0x7FF) {
      return 0xC0 | c >> 6 | last << 8;
    }
    if (c <= 0xFFFF) {
      return 0xE0 | c >> 12 | third << 8 | last << 16;
    }
    return 0xF0 | c >> 18 | (0x80 | (c >> 12 & 0x3F)) << 8 | third << 16 | last << 24;
  }

  private void emit(int length, int lo, int hi) {
    if (size == lows.length) {
      lows = Arrays.copyOf(lows, size * 2);
      highs = Arrays.copyOf(highs, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
    }
    lows[size] = lo;
    highs[size] = hi;
    lengths[size++] = (byte) length;
  }
}
