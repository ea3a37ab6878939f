package io.trilith.logql.pipeline;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The addresses an {@code ip()} stands for: one, a range, or a network. Immutable. */
final class IpRange {
  private final byte[] low;
  private final byte[] high;

  private IpRange(byte[] low, byte[] high) {
    this.low = low;
    this.high = high;
  }

  /** Throws InvalidRequestException. */
  static IpRange parse(String text) {
    int slash = text.indexOf('/');
    int dash = text.indexOf('-');
    IpRange range = null;
    if (slash >= 0) {
      range = network(text, slash);
    } else if (dash >= 0) {
      byte[] low = address(text.substring(0, dash).strip());
      byte[] high = address(text.substring(dash + 1).strip());
      if (low != null
          && high != null
          && low.length == high.length
          && Arrays.compareUnsigned(low, high) <= 0) {
        range = new IpRange(low, high);
      }
    } else {
      byte[] one = address(text);
      range = one == null ? null : new IpRange(one, one);
    }
    if (range == null) {
      throw new InvalidRequestException("parse error : ip: invalid pattern " + GoText.quote(text));
    }
    return range;
  }

  private static @Nullable IpRange network(String text, int slash) {
    byte[] address = address(text.substring(0, slash));
    String digits = text.substring(slash + 1);
    if (address == null || digits.isEmpty() || digits.length() > 3) {
      return null;
    }
    int bits = 0;
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return null;
      }
      bits = bits * 10 + digits.charAt(i) - '0';
    }
    if (bits > address.length * 8) {
      return null;
    }
    byte[] low = address.clone();
    byte[] high = address.clone();
    for (int bit = bits; bit < address.length * 8; bit++) {
      low[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
      high[bit / 8] |= (byte) (0x80 >> (bit % 8));
    }
    return new IpRange(low, high);
  }

  /** Whether any address in the text is one of these. */
  boolean foundIn(byte[] line, int start, int end) {
    int at = start;
    while (at < end) {
      if (!part(line[at])) {
        at++;
        continue;
      }
      int from = at;
      while (at < end && part(line[at])) {
        at++;
      }
      if (at - from >= 2 && run(line, from, at)) {
        return true;
      }
    }
    return false;
  }

  private static boolean part(byte c) {
    return (c >= '0' && c <= ':') || c == '.' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  private boolean run(byte[] line, int from, int to) {
    int stop = to;
    while (stop > from && line[stop - 1] == '.') {
      stop--;
    }
    if (has(line, from, stop)) {
      return true;
    }
    // What is no address as a whole may hold one, as in "1.2.3.4:80".
    int at = from;
    while (at < to) {
      int begin = at;
      while (at < to && (line[at] == '.' || (line[at] >= '0' && line[at] <= '9'))) {
        at++;
      }
      if (at - begin >= 7 && (begin > from || at < to) && has(line, begin, at)) {
        return true;
      }
      at = Math.max(at, begin + 1);
    }
    return false;
  }

  private boolean has(byte[] line, int from, int to) {
    if (to - from > 45) {
      return false;
    }
    byte[] address = address(new String(line, from, to - from, StandardCharsets.ISO_8859_1));
    return address != null
        && address.length == low.length
        && Arrays.compareUnsigned(address, low) >= 0
        && Arrays.compareUnsigned(address, high) <= 0;
  }

  /** Four or sixteen bytes, null when it is no address. */
  static byte @Nullable [] address(String text) {
    return text.indexOf(':') >= 0 ? six(text) : four(text);
  }

  private static byte @Nullable [] four(String text) {
    byte[] bytes = new byte[4];
    int at = 0;
    for (int i = 0; i < 4; i++) {
      int from = at;
      int value = 0;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        value = Math.min(value * 10 + text.charAt(at++) - '0', 1000);
      }
      boolean zero = at - from > 1 && text.charAt(from) == '0';
      if (at == from || value > 255 || zero) {
        return null;
      }
      bytes[i] = (byte) value;
      if (i < 3 && (at >= text.length() || text.charAt(at++) != '.')) {
        return null;
      }
    }
    return at == text.length() ? bytes : null;
  }

  private static byte @Nullable [] six(String text) {
    int gap = text.indexOf("::");
    if (gap < 0) {
      byte[] all = groups(text);
      return all != null && all.length == 16 ? all : null;
    }
    byte[] before = groups(text.substring(0, gap));
    byte[] after = groups(text.substring(gap + 2));
    if (before == null || after == null || before.length + after.length > 14) {
      return null;
    }
    byte[] bytes = Arrays.copyOf(before, 16);
    System.arraycopy(after, 0, bytes, 16 - after.length, after.length);
    return bytes;
  }

  private static byte @Nullable [] groups(String text) {
    if (text.isEmpty()) {
      return new byte[0];
    }
    byte[] bytes = new byte[16];
    int size = 0;
    int at = 0;
    while (true) {
      int colon = text.indexOf(':', at);
      String group = text.substring(at, colon < 0 ? text.length() : colon);
      if (colon < 0 && group.indexOf('.') >= 0) {
        byte[] tail = four(group);
        if (tail == null || size > 12) {
          return null;
        }
        System.arraycopy(tail, 0, bytes, size, 4);
        return Arrays.copyOf(bytes, size + 4);
      }
      int value = hex(group);
      if (value < 0 || size > 14) {
        return null;
      }
      bytes[size++] = (byte) (value >> 8);
      bytes[size++] = (byte) value;
      if (colon < 0) {
        return Arrays.copyOf(bytes, size);
      }
      at = colon + 1;
    }
  }

  private static int hex(String group) {
    if (group.isEmpty() || group.length() > 4) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < group.length(); i++) {
      int digit = Character.digit(group.charAt(i), 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
