package io.trilith.logql.pipeline;

import java.util.Locale;

/** Reads numbers, durations and sizes the way Go and its libraries do. */
public final class Conversions {
  private static final String[] DURATION_UNITS = {"ns", "us", "µs", "μs", "ms", "s", "m", "h"};
  private static final double[] DURATION_NANOS = {1, 1e3, 1e3, 1e3, 1e6, 1e9, 60e9, 3600e9};
  private static final int EXACT_DIGITS = 15;
  private static final String SIZES = "kmgtpe";

  private Conversions() {}

  /** A text that is not what it should be; the message is Go's. Cheap to throw. */
  public static final class Failure extends Exception {
    public Failure(String message) {
      super(message, null, false, false);
    }
  }

  /** A float, Inf or NaN; no hexadecimal. */
  public static double number(String text) throws Failure {
    long whole = wholeNumber(text);
    return whole >= 0 ? whole : anyNumber(text);
  }

  /** A number of few digits, -1 when it is not one. */
  private static long wholeNumber(String text) {
    int length = text.length();
    long value = length == 0 || length > EXACT_DIGITS ? -1 : 0;
    for (int i = 0; i < length && value >= 0; i++) {
      int digit = text.charAt(i) - '0';
      value = digit < 0 || digit > 9 ? -1 : value * 10 + digit;
    }
    return value;
  }

  private static double anyNumber(String text) throws Failure {
    int from = !text.isEmpty() && "+-".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
    boolean digits = false;
    boolean plain = true;
    for (int i = from; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      digits |= c >= '0' && c <= '9';
      boolean sign = (c == '+' || c == '-') && "eE".indexOf(text.charAt(i - 1)) >= 0 && i > from;
      plain = (c >= '0' && c <= '9') || c == '.' || ((c == 'e' || c == 'E') && digits) || sign;
    }
    if (plain && digits) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw invalidNumber(text);
      }
    }
    return switch (text.substring(from).toLowerCase(Locale.ROOT)) {
      case "inf", "infinity" ->
          text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      case "nan" -> {
        if (from == 1) {
          throw invalidNumber(text);
        }
        yield Double.NaN;
      }
      default -> throw invalidNumber(text);
    };
  }

  private static Failure invalidNumber(String text) {
    return new Failure("strconv.ParseFloat: parsing " + GoText.quote(text) + ": invalid syntax");
  }

  /** Nanoseconds of {@code -1h2m3.5s}. */
  public static double durationNanos(String text) throws Failure {
    int at = !text.isEmpty() && "+-".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
    if (text.length() - at == 1 && text.charAt(at) == '0') {
      return 0;
    }
    double nanos = 0;
    if (at == text.length()) {
      throw new Failure("time: invalid duration " + GoText.quote(text));
    }
    while (at < text.length()) {
      int digits = at;
      while (digits < text.length() && isOfNumber(text.charAt(digits))) {
        digits++;
      }
      int end = digits;
      while (end < text.length() && !isOfNumber(text.charAt(end))) {
        end++;
      }
      if (digits == at) {
        throw new Failure("time: invalid duration " + GoText.quote(text));
      }
      if (end == digits) {
        throw new Failure("time: missing unit in duration " + GoText.quote(text));
      }
      nanos += amount(text, at, digits) * unit(text, digits, end);
      at = end;
    }
    return text.charAt(0) == '-' ? -nanos : nanos;
  }

  private static boolean isOfNumber(char c) {
    return (c >= '0' && c <= '9') || c == '.';
  }

  private static double amount(String text, int from, int to) throws Failure {
    if (to - from <= EXACT_DIGITS) {
      // Both are whole numbers that a double has exactly, so the quotient is the nearest one.
      long digits = 0;
      long scale = 0;
      for (int i = from; i < to && digits >= 0; i++) {
        char c = text.charAt(i);
        if (c == '.') {
          digits = scale == 0 && to - from > 1 ? digits : -1;
          scale = 1;
        } else {
          digits = digits * 10 + (c - '0');
          scale *= 10;
        }
      }
      if (digits >= 0) {
        return scale == 0 ? digits : (double) digits / scale;
      }
    }
    try {
      return Double.parseDouble(text.substring(from, to));
    } catch (NumberFormatException e) {
      throw new Failure("time: invalid duration " + GoText.quote(text));
    }
  }

  private static double unit(String text, int from, int to) throws Failure {
    for (int i = 0; i < DURATION_UNITS.length; i++) {
      if (DURATION_UNITS[i].length() == to - from && text.startsWith(DURATION_UNITS[i], from)) {
        return DURATION_NANOS[i];
      }
    }
    String name = text.substring(from, to);
    throw new Failure(
        "time: unknown unit " + GoText.quote(name) + " in duration " + GoText.quote(text));
  }

  /** Bytes of {@code 1.5 MiB}, {@code 10KB}, {@code 7}. */
  public static double bytes(String text) throws Failure {
    int digits = 0;
    boolean comma = false;
    while (digits < text.length() && "0123456789.,".indexOf(text.charAt(digits)) >= 0) {
      comma |= text.charAt(digits) == ',';
      digits++;
    }
    String amount = text.substring(0, digits);
    double value = number(comma ? amount.replace(",", "") : amount);
    String unit = text.substring(digits).strip().toLowerCase(Locale.ROOT);
    if (unit.isEmpty() || unit.equals("b")) {
      return Math.floor(value);
    }
    int power = SIZES.indexOf(unit.charAt(0)) + 1;
    double base =
        switch (unit.substring(1)) {
          case "", "b" -> 1000;
          case "i", "ib" -> 1024;
          default -> 0;
        };
    if (power == 0 || base == 0) {
      throw new Failure("unhandled size name: " + unit);
    }
    return Math.floor(value * Math.pow(base, power));
  }
}
