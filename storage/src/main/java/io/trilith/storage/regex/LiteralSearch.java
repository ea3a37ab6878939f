package io.trilith.storage.regex;

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

  /** Of a text that is not empty. */
  public LiteralSearch(byte[] needle) {
    this.needle = needle.clone();
    this.firsts = (needle[0] & 0xFFL) * ONES;
    this.lasts = (needle[needle.length - 1] & 0xFFL) * ONES;
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
          ((long) LONGS.get(bytes, at) ^ firsts) | ((long) LONGS.get(bytes, at + last) ^ lasts);
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
      if (bytes[at] == needle[0] && matches(bytes, at)) {
        return at;
      }
    }
    return -1;
  }

  private boolean matches(byte[] bytes, int at) {
    return Arrays.equals(bytes, at, at + needle.length, needle, 0, needle.length);
  }
}
