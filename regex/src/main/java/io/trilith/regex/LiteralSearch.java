package io.trilith.regex;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Looks for a text in bytes: eight places at a time are tested for its first and its last byte, and
 * only where both are is the rest compared. Thread-safe.
 */
public final class LiteralSearch {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private final byte[] needle;
  private final long firsts;
  private final long lasts;

  /** What makes a letter at these places a small one; zero where case counts. */
  private final long firstFold;

  private final long lastFold;
  private final boolean folded;

  /** Of a text that is not empty. */
  public LiteralSearch(byte[] needle) {
    this(needle, false);
  }

  private LiteralSearch(byte[] needle, boolean folded) {
    this.needle = needle.clone();
    this.folded = folded;
    this.firsts = (needle[0] & 0xFFL) * ONES;
    this.lasts = (needle[needle.length - 1] & 0xFFL) * ONES;
    this.firstFold = folded ? fold(needle[0]) * ONES : 0;
    this.lastFold = folded ? fold(needle[needle.length - 1]) * ONES : 0;
  }

  /**
   * Of a text that is not empty and has no capital letters: those of ASCII match in either case.
   */
  public static LiteralSearch anyCase(byte[] lowerCase) {
    return new LiteralSearch(lowerCase, true);
  }

  /** The bit in which capital and small letters of ASCII differ; zero for what is no letter. */
  private static int fold(byte lowerCase) {
    return lowerCase >= 'a' && lowerCase <= 'z' ? 0x20 : 0;
  }

  /** Whether a byte is that of the lower-case text in either case. */
  public static boolean equalsAnyCase(byte c, byte lowerCase) {
    return (byte) (c | fold(lowerCase)) == lowerCase;
  }

  int length() {
    return needle.length;
  }

  /** Where the text first is in {@code from <= i < to}, -1 when nowhere. */
  public int indexOf(byte[] bytes, int from, int to) {
    int last = needle.length - 1;
    int at = from;
    for (; at + last + 8 <= to; at += 8) {
      long differs =
          (((long) LONGS.get(bytes, at) | firstFold) ^ firsts)
              | (((long) LONGS.get(bytes, at + last) | lastFold) ^ lasts);
      // Zero bytes get their high bit; a byte above a zero byte may get it too, and is tested.
      long hits = (differs - ONES) & ~differs & HIGH_BITS;
      while (hits != 0) {
        int place = at + (Long.numberOfTrailingZeros(hits) >>> 3);
        if (matches(bytes, place)) {
          return place;
        }
        hits &= hits - 1;
      }
    }
    for (; at + last < to; at++) {
      if (matches(bytes, at)) {
        return at;
      }
    }
    return -1;
  }

  private boolean matches(byte[] bytes, int at) {
    if (!folded) {
      return bytes[at] == needle[0]
          && Arrays.equals(bytes, at, at + needle.length, needle, 0, needle.length);
    }
    for (int i = 0; i < needle.length; i++) {
      if (!equalsAnyCase(bytes[at + i], needle[i])) {
        return false;
      }
    }
    return true;
  }
}
