package io.trilith.regex;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * UTF-8 as Go reads it: a byte that begins no code point counts as U+FFFD by itself, and so does an
 * unpaired surrogate. The automaton reads well-formed bytes only; others are replaced before.
 */
final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  static boolean isValid(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (at + 8 <= to && ((long) LONGS.get(bytes, at) & HIGH_BITS) == 0) {
        at += 8;
      } else if (bytes[at] >= 0) {
        at++;
      } else {
        int length = length(bytes, at, to);
        if (length == 0) {
          return false;
        }
        at += length;
      }
    }
    return true;
  }

  /** Bytes of the code point that begins here, 0 when none does. */
  private static int length(byte[] bytes, int at, int to) {
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return 1;
    }
    int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > to) {
      return 0;
    }
    int second = bytes[at + 1] & 0xFF;
    int lo = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int hi = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    boolean valid = second >= lo && second <= hi;
    for (int i = 2; i < length; i++) {
      valid &= (bytes[at + i] & 0xC0) == 0x80;
    }
    return valid ? length : 0;
  }

  /** A well-formed copy. */
  static byte[] repaired(byte[] bytes, int from, int to) {
    byte[] out = new byte[Math.multiplyExact(3, to - from)];
    int used = 0;
    int at = from;
    while (at < to) {
      int length = length(bytes, at, to);
      if (length == 0) {
        out[used++] = (byte) 0xEF;
        out[used++] = (byte) 0xBF;
        out[used++] = (byte) 0xBD;
        at++;
      } else {
        System.arraycopy(bytes, at, out, used, length);
        used += length;
        at += length;
      }
    }
    return Arrays.copyOf(out, used);
  }

  static byte[] encode(String text) {
    int at = 0;
    while (at < text.length()) {
      int c = text.codePointAt(at);
      if (isSurrogate(c)) {
        return withoutSurrogates(text).getBytes(StandardCharsets.UTF_8);
      }
      at += Character.charCount(c);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static String withoutSurrogates(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(isSurrogate(c) ? 0xFFFD : c));
    return out.toString();
  }
}
