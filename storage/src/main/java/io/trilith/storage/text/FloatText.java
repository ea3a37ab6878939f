package io.trilith.storage.text;

import java.math.BigDecimal;
import java.math.MathContext;

/** Floats as Prometheus prints them: the shortest digits that read back as the same number. */
public final class FloatText {
  private static final double EXACT_INTEGERS = 1L << 53;

  private FloatText() {}

  /** Without an exponent: {@code 0.000001}, {@code 100000000000000000000000}, {@code +Inf}. */
  public static String plain(double value) {
    if (value == Math.rint(value) && Math.abs(value) < EXACT_INTEGERS) {
      return value == 0 && 1 / value < 0 ? "-0" : Long.toString((long) value);
    }
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    String shortest = Double.toString(value);
    if (shortest.indexOf('E') < 0) {
      return shortest.endsWith(".0") ? shortest.substring(0, shortest.length() - 2) : shortest;
    }
    return shortest(value).toPlainString();
  }

  /**
   * The shortest decimal that reads back as a finite number other than 0. Java writes two digits
   * even where one tells the number from its neighbours: 4.9E-324.
   */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal shorter = decimal.round(new MathContext(1)).stripTrailingZeros();
      return shorter.doubleValue() == value ? shorter : decimal;
    }
    return decimal;
  }

  /** As the HTTP API prints: with an exponent below 1e-6 and from 1e21 on. */
  public static String json(double value) {
    double magnitude = Math.abs(value);
    if (magnitude != 0
        && (magnitude < 1e-6 || magnitude >= 1e21)
        && !Double.isInfinite(magnitude)) {
      return exponent(value);
    }
    return plain(value);
  }

  /** As label values of quantiles have it: {@code 0.5}, but {@code 1.0}. */
  public static String withPoint(double value) {
    String text = plain(value);
    boolean integer = value == Math.rint(value) && !Double.isInfinite(value);
    return integer ? text + ".0" : text;
  }

  /**
   * As Go's {@code encoding/json} prints, and so the OpenTelemetry Collector: as {@link #json},
   * with an exponent of one digit where one is enough: {@code 1e-7}.
   */
  public static String goJson(double value) {
    double magnitude = Math.abs(value);
    boolean exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
    return exponent && Double.isFinite(value) ? scientific(value, 1) : plain(value);
  }

  /** Always with an exponent, {@code 1e+00}, as Go's {@code %e} in its shortest form. */
  public static String exponent(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return plain(value);
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0e+00" : "0e+00";
    }
    return scientific(value, 2);
  }

  /** Of a finite number other than 0. */
  private static String scientific(double value, int exponentDigitsMin) {
    BigDecimal decimal = shortest(value);
    String digits = decimal.unscaledValue().abs().toString();
    int power = digits.length() - 1 - decimal.scale();
    StringBuilder text = new StringBuilder();
    if (value < 0) {
      text.append('-');
    }
    text.append(digits.charAt(0));
    if (digits.length() > 1) {
      text.append('.').append(digits, 1, digits.length());
    }
    text.append('e').append(power < 0 ? '-' : '+');
    if (exponentDigitsMin > 1 && Math.abs(power) < 10) {
      text.append('0');
    }
    return text.append(Math.abs(power)).toString();
  }
}
