package io.trilith.promql.parser;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.OptionalLong;

/** Numbers, durations and quoted strings as PromQL writes them. */
public final class Literals {
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final long[] UNIT_MILLIS = {
    365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1
  };

  private Literals() {}

  /** A float, a hexadecimal or octal integer, Inf or NaN. Throws NumberFormatException. */
  public static double number(String text) {
    boolean signed = text.startsWith("+") || text.startsWith("-");
    String body = text.substring(signed ? 1 : 0);
    boolean hex = body.startsWith("0x") || body.startsWith("0X");
    boolean octal = !hex && body.length() > 1 && body.charAt(0) == '0';
    if (hex || octal) {
      OptionalLong whole =
          GoNumber.whole(body.substring(hex ? 2 : 1).replace("_", ""), hex ? 16 : 8);
      if (whole.isPresent() && whole.getAsLong() >= 0) {
        return text.startsWith("-") ? -(double) whole.getAsLong() : whole.getAsLong();
      }
    }
    return GoNumber.real(text).orElseThrow(() -> new NumberFormatException(text));
  }

  /** {@code 1h30m} as milliseconds. Throws InvalidRequestException. */
  public static long durationMillis(String text) {
    try {
      return Lengths.prometheusMillis(text);
    } catch (Lengths.Malformed e) {
      throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
    }
  }

  /** {@code 1h30m} of milliseconds, not negative. */
  public static String durationText(long millis) {
    if (millis == 0) {
      return "0s";
    }
    StringBuilder text = new StringBuilder();
    long rest = millis;
    for (int i = 0; i < UNITS.length; i++) {
      // Years and weeks only when nothing is left over, as Prometheus prints them.
      if (rest >= UNIT_MILLIS[i] && (i > 1 || rest % UNIT_MILLIS[i] == 0)) {
        text.append(rest / UNIT_MILLIS[i]).append(UNITS[i]);
        rest %= UNIT_MILLIS[i];
      }
    }
    return text.toString();
  }

  /**
   * The content of a quoted string. Bytes that are not UTF-8 become lone low surrogates U+DC80 to
   * U+DCFF, so that they can be told from text. Throws InvalidRequestException.
   */
  public static String unquote(String quoted) {
    char quote = quoted.charAt(0);
    String body = quoted.substring(1, quoted.length() - 1);
    if (quote == '`' || body.indexOf('\\') < 0) {
      return body;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length());
    int at = 0;
    while (at < body.length()) {
      int c = body.codePointAt(at);
      at += Character.charCount(c);
      if (c == '\\') {
        at = escape(body, at, quote, bytes);
      } else {
        write(bytes, c);
      }
    }
    return decode(bytes.toByteArray());
  }

  private static int escape(String body, int at, char quote, ByteArrayOutputStream bytes) {
    char kind = at < body.length() ? body.charAt(at) : ' ';
    int simple = "abfnrtv\\".indexOf(kind);
    if (simple >= 0) {
      bytes.write("\u0007\b\f\n\r\t\u000b\\".charAt(simple));
      return at + 1;
    }
    if (kind == quote) {
      bytes.write(quote);
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
      throw new InvalidRequestException("unknown escape sequence U+" + Integer.toHexString(kind));
    }
    int value = GoNumber.digits(body, from, from + digits, digits == 3 ? 8 : 16);
    boolean surrogate =
        digits >= 4 && value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE;
    if (value < 0 || (digits < 4 && value > 255) || value > Character.MAX_CODE_POINT || surrogate) {
      throw new InvalidRequestException("escape sequence is an invalid code point");
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

  private static String decode(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf('\ufffd') < 0) {
      return text;
    }
    StringBuilder decoded = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = sequenceLength(bytes, at);
      if (length == 0) {
        decoded.append((char) (0xdc00 + (bytes[at] & 0xff)));
        at++;
      } else {
        decoded.append(new String(bytes, at, length, StandardCharsets.UTF_8));
        at += length;
      }
    }
    return decoded.toString();
  }

  private static int sequenceLength(byte[] bytes, int at) {
    for (int length = 1; length <= 4 && at + length <= bytes.length; length++) {
      String one = new String(bytes, at, length, StandardCharsets.UTF_8);
      boolean replacement = length == 3 && (bytes[at] & 0xff) == 0xef && one.equals("\ufffd");
      if (one.codePointCount(0, one.length()) == 1 && (replacement || !one.equals("\ufffd"))) {
        return length;
      }
    }
    return 0;
  }

  /** The text as a double-quoted string with Go's escapes. */
  public static String quote(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        case '\r' -> quoted.append("\\r");
        default -> {
          boolean rawByte =
              c >= 0xdc80
                  && c <= 0xdcff
                  && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
          if (c < 0x20 || rawByte) {
            quoted.append(String.format(Locale.ROOT, "\\x%02x", c & 0xff));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
