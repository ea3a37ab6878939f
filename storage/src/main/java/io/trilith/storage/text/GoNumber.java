package io.trilith.storage.text;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Numbers as Go's strconv reads them, which is what Prometheus, Loki and Tempo do with parameters,
 * labels and literals. Java's own readers also take what these refuse: blanks around the number, a
 * type letter behind it ({@code 1d}, {@code 1f}), digits of other scripts.
 */
public final class GoNumber {
  private GoNumber() {}

  /**
   * A float: decimal, hexadecimal with an exponent ({@code 0x1p-2}), Inf, Infinity or NaN in any
   * case. Empty when it is none, or too large for a double.
   */
  public static OptionalDouble real(String text) {
    boolean signed = !text.isEmpty() && (text.charAt(0) == '+' || text.charAt(0) == '-');
    int from = signed ? 1 : 0;
    if (from == text.length()) {
      return OptionalDouble.empty();
    }
    char first = text.charAt(from);
    if (first != '.' && (first < '0' || first > '9')) {
      return word(text.substring(from), signed, text.charAt(0) == '-');
    }
    boolean hex = text.startsWith("0x", from) || text.startsWith("0X", from);
    if (!isFloat(text, hex ? from + 2 : from, hex)) {
      return OptionalDouble.empty();
    }
    double value = Double.parseDouble(text.indexOf('_') < 0 ? text : text.replace("_", ""));
    return Double.isInfinite(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static OptionalDouble word(String name, boolean signed, boolean negative) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "inf", "infinity" ->
          OptionalDouble.of(negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
      case "nan" -> signed ? OptionalDouble.empty() : OptionalDouble.of(Double.NaN);
      default -> OptionalDouble.empty();
    };
  }

  private static boolean isFloat(String text, int from, boolean hex) {
    int at = from;
    int digits = 0;
    boolean point = false;
    char before = hex ? '0' : ' ';
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '.' && !point && before != '_') {
        point = true;
      } else if (isDigit(c, hex)) {
        digits++;
      } else if (c != '_' || !isDigit(before, hex)) {
        break;
      }
      before = c;
    }
    if (digits == 0 || before == '_') {
      return false;
    }
    boolean ends = at == text.length();
    if (ends || Character.toLowerCase(text.charAt(at)) != (hex ? 'p' : 'e')) {
      return ends && !hex;
    }
    at++;
    if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
      at++;
    }
    before = ' ';
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (!isDigit(c, false) && (c != '_' || !isDigit(before, false))) {
        return false;
      }
      before = c;
    }
    return isDigit(before, false);
  }

  private static boolean isDigit(char c, boolean hex) {
    return (c >= '0' && c <= '9') || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
  }

  /**
   * A whole number of decimal digits with or without a sign. Empty when it is none or too large.
   */
  public static OptionalLong whole(String text) {
    return whole(text, 10);
  }

  /** As above, to a base of up to 16. */
  public static OptionalLong whole(String text, int base) {
    int from = !text.isEmpty() && (text.charAt(0) == '+' || text.charAt(0) == '-') ? 1 : 0;
    for (int i = from; i < text.length(); i++) {
      int digit = isDigit(text.charAt(i), true) ? Character.digit(text.charAt(i), 16) : base;
      if (digit >= base) {
        return OptionalLong.empty();
      }
    }
    try {
      return OptionalLong.of(Long.parseLong(text, base));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * A whole number as a Go program writes it: with a prefix {@code 0x}, {@code 0b}, {@code 0o} or
   * {@code 0} for its base, and underscores between digits.
   */
  public static OptionalLong literal(String text) {
    int from = !text.isEmpty() && (text.charAt(0) == '+' || text.charAt(0) == '-') ? 1 : 0;
    boolean prefixed = text.length() - from > 1 && text.charAt(from) == '0';
    int base =
        switch (prefixed ? Character.toLowerCase(text.charAt(from + 1)) : ' ') {
          case 'x' -> 16;
          case 'b' -> 2;
          case ' ' -> 10;
          default -> 8;
        };
    boolean letter =
        base == 16 || base == 2 || "oO".indexOf(prefixed ? text.charAt(from + 1) : ' ') >= 0;
    String digits = text.substring(from + (letter ? 2 : 0));
    boolean separated = digits.indexOf('_') >= 0;
    boolean wrong =
        digits.isEmpty()
            || !isDigit(digits.charAt(digits.length() - 1), true)
            || digits.contains("__")
            || (separated && !prefixed && digits.charAt(0) == '_')
            || "+-".indexOf(digits.charAt(0)) >= 0;
    return wrong
        ? OptionalLong.empty()
        : whole(text.substring(0, from) + (separated ? digits.replace("_", "") : digits), base);
  }

  /**
   * The digits {@code from <= i < to} to a base of up to 16, at most 9 of them; -1 if any is none.
   */
  public static int digits(String text, int from, int to, int base) {
    long value = from < to && to <= text.length() && to - from <= 9 ? 0 : -1;
    for (int i = from; i < to && value >= 0; i++) {
      char c = text.charAt(i);
      int digit = isDigit(c, true) ? Character.digit(c, 16) : base;
      value = digit >= base ? -1 : value * base + digit;
    }
    return value > Integer.MAX_VALUE ? -1 : (int) value;
  }
}
