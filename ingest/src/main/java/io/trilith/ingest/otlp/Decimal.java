package io.trilith.ingest.otlp;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers as Prometheus writes them. */
public final class Decimal {
  private Decimal() {}

  /** The shortest decimal without an exponent; {@code +Inf}, {@code -Inf}, {@code NaN}. */
  public static String format(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return shortest(value).toPlainString();
  }

  /** Java writes two digits even where one tells the number from its neighbours. */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = BigDecimal.valueOf(value).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal shorter = decimal.round(new MathContext(1)).stripTrailingZeros();
      return shorter.doubleValue() == value ? shorter : decimal;
    }
    return decimal;
  }

  /**
   * As the OpenTelemetry Collector prints it, which is Go's JSON: the shortest decimal, with an
   * exponent from 1e21 on and below 1e-6; {@code +Inf}, {@code -Inf}, {@code NaN}.
   */
  public static String collector(double value) {
    double size = Math.abs(value);
    if (size == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    if (!Double.isFinite(value) || (size >= 1e-6 && size < 1e21)) {
      return format(value);
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = shortest.precision() - shortest.scale() - 1;
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + Math.abs(exponent);
  }
}
