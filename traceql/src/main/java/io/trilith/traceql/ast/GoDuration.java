package io.trilith.traceql.ast;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Lengths of time as Go writes them, {@code 1h30m0s} or {@code 1.5ms}. */
public final class GoDuration {
  private static final String[] UNITS = {
    "ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w", "y"
  };
  private static final long SECOND = 1_000_000_000L;
  private static final long DAY = 86_400 * SECOND;
  private static final long[] SIZES = {
    1, 1_000, 1_000, 1_000, 1_000_000, SECOND, 60 * SECOND, 3_600 * SECOND, DAY, 7 * DAY, 365 * DAY
  };

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

  /** Nanoseconds of a text with at least one number and unit; null when it is none or too long. */
  public static @Nullable Long parse(String text) {
    BigDecimal total = BigDecimal.ZERO;
    int at = 0;
    if (text.isEmpty() || text.length() > 100) {
      return null;
    }
    while (at < text.length()) {
      int digits = at;
      while (at < text.length() && (text.charAt(at) == '.' || digit(text.charAt(at)))) {
        at++;
      }
      int unit = unit(text, at);
      BigDecimal number = number(text.substring(digits, at));
      if (unit < 0 || number == null) {
        return null;
      }
      total = total.add(number.multiply(BigDecimal.valueOf(SIZES[unit])));
      at += UNITS[unit].length();
    }
    if (total.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return null;
    }
    return total.longValue();
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  /** The longest unit at a place, negative when there is none. */
  private static int unit(String text, int at) {
    int found = -1;
    for (int i = 0; i < UNITS.length; i++) {
      boolean longer = found < 0 || UNITS[i].length() > UNITS[found].length();
      if (longer && text.startsWith(UNITS[i], at)) {
        found = i;
      }
    }
    return found;
  }

  private static @Nullable BigDecimal number(String text) {
    if (text.isEmpty() || text.equals(".") || text.indexOf('.') != text.lastIndexOf('.')) {
      return null;
    }
    return new BigDecimal(text.endsWith(".") ? text + "0" : text);
  }
}
