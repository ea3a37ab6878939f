package io.trilith.storage.text;

import java.util.Locale;
import java.util.OptionalDouble;

/** Reads numbers, durations and sizes the way Go and its libraries do. */
public final class Conversions {
  private static final int EXACT_DIGITS = 15;
  private static final String SIZES = "kmgtpe";

  private Conversions() {}

  /** A text that is not what it should be; the message is Go's. Cheap to throw. */
  public static final class Failure extends Exception {
    public Failure(String message) {
      super(message, null, false, false);
    }
  }

  /** A float, Inf or NaN. */
  public static double number(String text) throws Failure {
    long whole = wholeNumber(text);
    if (whole >= 0) {
      return whole;
    }
    OptionalDouble number = GoNumber.real(text);
    if (number.isEmpty()) {
      throw invalidNumber(text);
    }
    return number.getAsDouble();
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

  private static Failure invalidNumber(String text) {
    return new Failure("strconv.ParseFloat: parsing " + GoText.quote(text) + ": invalid syntax");
  }

  /** Nanoseconds of {@code -1h2m3.5s}. */
  public static double durationNanos(String text) throws Failure {
    try {
      return Lengths.goNanos(text);
    } catch (Lengths.Malformed e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
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
