package io.trilith.traceql.ast;

import java.math.BigDecimal;

/** Lengths of time as Go writes them, {@code 1h30m0s} or {@code 1.5ms}. */
public final class GoDuration {
  private static final long SECOND = 1_000_000_000L;

  private GoDuration() {}

  public static String format(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    String sign = nanos < 0 ? "-" : "";
    BigDecimal size = BigDecimal.valueOf(nanos).abs();
    if (size.compareTo(BigDecimal.valueOf(SECOND)) < 0) {
      long abs = Math.abs(nanos);
      int digits = abs < 1_000 ? 0 : abs < 1_000_000 ? 3 : 6;
      String unit = digits == 0 ? "ns" : digits == 3 ? "µs" : "ms";
      return sign + plain(size.movePointLeft(digits)) + unit;
    }
    BigDecimal[] minutes = size.divideAndRemainder(BigDecimal.valueOf(60 * SECOND));
    long whole = minutes[0].longValueExact();
    StringBuilder text = new StringBuilder(sign);
    if (whole >= 60) {
      text.append(whole / 60).append('h');
    }
    if (whole > 0) {
      text.append(whole % 60).append('m');
    }
    return text.append(plain(minutes[1].movePointLeft(9))).append('s').toString();
  }

  private static String plain(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }
}
