package io.trilith.storage.text;

import java.math.BigDecimal;
import java.util.Optional;

/** Numbers that must not lose digits, such as times in seconds with a fraction. */
public final class Decimal {
  private static final int LENGTH_MAX = 64;
  private static final int EXPONENT_MAX = 400;

  private Decimal() {}

  /** A finite decimal number as {@link GoNumber#real} has it, of at most 64 characters. */
  public static Optional<BigDecimal> parse(String text) {
    if (text.length() > LENGTH_MAX || GoNumber.real(text).isEmpty()) {
      return Optional.empty();
    }
    try {
      BigDecimal number = new BigDecimal(text.replace("_", ""));
      // Arithmetic with what is far from 1 takes time and memory that nobody asked for.
      boolean far = Math.abs((long) number.scale()) > EXPONENT_MAX;
      return far ? Optional.empty() : Optional.of(number);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
