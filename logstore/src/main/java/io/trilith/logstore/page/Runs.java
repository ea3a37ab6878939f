package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Runs: longest sequences of letters, digits, underscores and bytes above 127. The filter holds the
 * runs of a page's lines and metadata values by their first eight bytes, except those that {@link
 * #isLoose} takes for numbers.
 */
final class Runs {
  static final int DIGIT = 1;
  static final int LETTER = 2;
  static final int LOWER_HEX = 4;
  static final int RUN = 8;

  /** How many bytes of a run the filter knows. */
  static final int PREFIX = 8;

  /** Runs that are longer are also known by some of their parts. */
  static final int LONG = 32;

  private static final long GRAM = 0x632be59bd9b4e019L;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] CLASSES = new byte[256];

  static {
    for (int c = 0; c < 256; c++) {
      boolean digit = c >= '0' && c <= '9';
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      int kind = digit ? DIGIT | RUN | LOWER_HEX : letter ? LETTER | RUN : 0;
      kind |= c >= 'a' && c <= 'f' ? LOWER_HEX : 0;
      kind |= c == '_' || c >= 128 ? RUN : 0;
      CLASSES[c] = (byte) kind;
    }
  }

  /** Classes of bytes of which a column tells which ones it has. */
  private static final byte[] CHARSETS = new byte[256];

  static {
    for (int c = 0; c < 256; c++) {
      CHARSETS[c] = (byte) charsetOf(c, CLASSES[c]);
    }
  }

  private static int charsetOf(int c, int kind) {
    if ((kind & RUN) != 0) {
      boolean hex = (kind & LOWER_HEX) != 0;
      return (kind & DIGIT) != 0
          ? LineShape.DIGITS
          : hex ? LineShape.LETTERS_A_TO_F : LineShape.OTHER_WORD_BYTES;
    }
    return switch (c) {
      case '.' -> LineShape.DOT;
      case '-' -> LineShape.DASH;
      case ' ' -> LineShape.SPACE;
      case '/' -> LineShape.SLASH;
      default -> LineShape.OTHER;
    };
  }

  private Runs() {}

  /** The class of a byte, as one bit. */
  static int charset(byte c) {
    return CHARSETS[c & 0xff] & 0xff;
  }

  /** The classes of all bytes of a text. */
  static int charset(byte[] bytes, int from, int to) {
    int all = 0;
    for (int i = from; i < to; i++) {
      all |= CHARSETS[bytes[i] & 0xff];
    }
    return all & 0xff;
  }

  static int kind(byte c) {
    return CLASSES[c & 0xff];
  }

  static boolean isRun(byte c) {
    return (CLASSES[c & 0xff] & RUN) != 0;
  }

  static boolean isDigit(byte c) {
    return (CLASSES[c & 0xff] & DIGIT) != 0;
  }

  private static final long EACH = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;

  /** Which of eight bytes are of a run: bit i for the byte at place i. */
  static long runBits(byte[] bytes, int at) {
    long word = (long) LONGS.get(bytes, at);
    long low = word & ~HIGH;
    long digit = (low + (0x80 - '0') * EACH) & ~(low + (0x80 - '9' - 1) * EACH);
    long folded = low | 0x20 * EACH;
    long letter = (folded + (0x80 - 'a') * EACH) & ~(folded + (0x80 - 'z' - 1) * EACH);
    long underscore = ~((low ^ '_' * EACH) + ~HIGH);
    // The product gathers the lowest bits of all bytes in its highest one.
    long ones = ((digit | letter | underscore | word) >>> 7) & EACH;
    return (ones * 0x0102040810204080L) >>> 56;
  }

  /** Where the run that begins here ends. */
  static int end(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && isRun(bytes[at])) {
      at++;
    }
    return at;
  }

  /**
   * Whether a part of a run may be a part of a run that the filter leaves out: digits and then at
   * most three letters (numbers with a unit), or digits and T only (times). Every part of such a
   * run is such a part itself, so what is not loose cannot lie in a run that is.
   */
  static boolean isLoose(byte[] bytes, int from, int to) {
    if (to - from > 3 && !isDigit(bytes[from]) && bytes[from] != 'T') {
      return false;
    }
    int at = from;
    while (at < to && isDigit(bytes[at])) {
      at++;
    }
    int letters = at;
    while (letters < to && (kind(bytes[letters]) & LETTER) != 0) {
      letters++;
    }
    if (letters == to && to - at <= 3) {
      return true;
    }
    while (at < to && (isDigit(bytes[at]) || bytes[at] == 'T')) {
      at++;
    }
    return at == to;
  }

  /** The hash under which the filter knows a run: of its first bytes. */
  static long hash(byte[] bytes, int from, int to) {
    long value;
    if (to - from >= PREFIX) {
      value = (long) LONGS.get(bytes, from);
    } else if (from + PREFIX <= bytes.length && to > from) {
      value = (long) LONGS.get(bytes, from) & (-1L >>> (64 - 8 * (to - from)));
    } else {
      value = 0;
      for (int i = to - 1; i >= from; i--) {
        value = value << 8 | (bytes[i] & 0xff);
      }
    }
    return mix(value);
  }

  /**
   * The hash of the eight bytes at a place of a long run, 0 for seven of eight, which the filter
   * leaves out: which ones depends on the bytes alone, so that a part of a run has the same.
   */
  static long gram(byte[] bytes, int at) {
    long hash = mix((long) LONGS.get(bytes, at) + GRAM);
    return hash >>> 61 == 0 ? mix(hash + 1) : 0;
  }

  static long mix(long value) {
    long mixed = (value ^ (value >>> 32)) * 0xd6e8feb86659fd93L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
  }

  /** A hash of bytes, for tables in memory only. */
  static long hashAll(byte[] bytes, int from, int to) {
    long hash = (long) to - from;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      hash = (hash ^ (long) LONGS.get(bytes, at)) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    long rest = 0;
    for (; at < to; at++) {
      rest = rest << 8 | (bytes[at] & 0xff);
    }
    return mix(hash ^ rest);
  }
}
