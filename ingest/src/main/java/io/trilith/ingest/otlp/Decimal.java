package io.trilith.ingest.otlp;

import java.math.BigDecimal;

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
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
