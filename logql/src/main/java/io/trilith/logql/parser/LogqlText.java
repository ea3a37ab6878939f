package io.trilith.logql.parser;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Strings and durations as LogQL writes them. */
public final class LogqlText {
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms", "us", "ns"};
  private static final long[] UNIT_NANOS = {
    365L * 86_400_000_000_000L,
    7L * 86_400_000_000_000L,
    86_400_000_000_000L,
    3_600_000_000_000L,
    60_000_000_000L,
    1_000_000_000L,
    1_000_000L,
    1_000L,
    1L
  };

  private LogqlText() {}

  /** The content of a quoted string with Go's escapes. Throws InvalidRequestException. */
  static String unquote(String quoted) {
    char quote = quoted.charAt(0);
    String body = quoted.substring(1, quoted.length() - 1);
    if (quote == '`' || body.indexOf('\\') < 0) {
      return quote == '`' ? body.replace("\r", "") : body;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length());
    int at = 0;
    while (at < body.length()) {
      int c = body.codePointAt(at);
      at += Character.charCount(c);
      if (c == '\\') {
        at = escape(body, at, bytes);
      } else {
        write(bytes, c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int escape(String body, int at, ByteArrayOutputStream bytes) {
    char kind = at < body.length() ? body.charAt(at) : ' ';
    int simple = "abfnrtv\\\"".indexOf(kind);
    if (simple >= 0) {
      bytes.write("\u0007\b\f\n\r\t\u000b\\\"".charAt(simple));
      return at + 1;
    }
    int digits =
        switch (kind) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          case '0', '1', '2', '3', '4', '5', '6', '7' -> 3;
          default -> 0;
        };
    int from = digits == 3 ? at : at + 1;
    if (digits == 0 || from + digits > body.length()) {
      throw new InvalidRequestException("invalid char escape");
    }
    int value = GoNumber.digits(body, from, from + digits, digits == 3 ? 8 : 16);
    if (value < 0 || (digits < 4 && value > 255) || value > Character.MAX_CODE_POINT) {
      throw new InvalidRequestException("invalid char escape");
    }
    if (digits < 4) {
      bytes.write(value);
    } else {
      write(bytes, value);
    }
    return from + digits;
  }

  private static void write(ByteArrayOutputStream bytes, int codePoint) {
    bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
  }

  /** Nanoseconds of {@code 1h30m} or {@code 0.5s}. Throws InvalidRequestException. */
  public static long durationNanos(String text) {
    try {
      return Lengths.nanos(text);
    } catch (Lengths.Malformed e) {
      throw new InvalidRequestException("not a valid duration string: \"" + text + "\"", e);
    }
  }

  /** {@code 1h30m} of nanoseconds. */
  public static String durationText(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    StringBuilder text = new StringBuilder(nanos < 0 ? "-" : "");
    long rest = Math.abs(nanos);
    for (int i = 0; i < UNITS.length; i++) {
      // Years and weeks only when nothing is left over, as Prometheus prints them.
      if (rest >= UNIT_NANOS[i] && (i > 1 || rest % UNIT_NANOS[i] == 0)) {
        text.append(rest / UNIT_NANOS[i]).append(UNITS[i]);
        rest %= UNIT_NANOS[i];
      }
    }
    return text.toString();
  }
}
