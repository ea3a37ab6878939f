package io.trilith.storage.text;

import java.util.OptionalLong;

/** Lengths of time as Prometheus and Go write them. */
public final class Lengths {
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final long[] MILLIS = {
    365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1
  };
  private static final String[] GO_UNITS = {"h", "m", "s", "ms", "us", "µs", "μs", "ns"};
  private static final long[] GO_NANOS = {
    3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L, 1_000L, 1_000L, 1L
  };
  private static final long NANOS_OF_MILLI = 1_000_000L;

  private Lengths() {}

  /** A text that is no length of time; the message is Go's. Cheap to throw. */
  public static final class Malformed extends Exception {
    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Milliseconds of a duration of Prometheus: whole numbers, each unit at most once, falling, as
   * {@code 1h30m}; {@code 0} needs no unit. Throws Malformed.
   */
  public static long prometheusMillis(String text) throws Malformed {
    if (text.equals("0")) {
      return 0;
    }
    if (text.isEmpty()) {
      throw new Malformed("empty duration string");
    }
    long millis = 0;
    int unit = -1;
    int at = 0;
    while (at < text.length()) {
      int digits = digits(text, at);
      int end = digits;
      while (end < text.length() && text.charAt(end) >= 'a' && text.charAt(end) <= 'z') {
        end++;
      }
      int found = unit(UNITS, text, digits, end);
      OptionalLong number = GoNumber.whole(text.substring(at, digits));
      if (digits == at || found <= unit) {
        throw new Malformed("not a valid duration string: \"" + text + "\"");
      }
      unit = found;
      if (number.isEmpty() || number.getAsLong() > Long.MAX_VALUE / NANOS_OF_MILLI / MILLIS[unit]) {
        throw new Malformed("duration out of range");
      }
      millis += number.getAsLong() * MILLIS[unit];
      at = end;
    }
    if (millis > Long.MAX_VALUE / NANOS_OF_MILLI) {
      throw new Malformed("duration out of range");
    }
    return millis;
  }

  /**
   * Nanoseconds of a duration of Go: a sign, then decimals with units in any order, as {@code
   * -1m2.5s}; {@code 0} needs no unit. Throws Malformed.
   */
  public static long goNanos(String text) throws Malformed {
    boolean signed = !text.isEmpty() && (text.charAt(0) == '+' || text.charAt(0) == '-');
    int at = signed ? 1 : 0;
    if (text.length() - at == 1 && text.charAt(at) == '0') {
      return 0;
    }
    if (at == text.length()) {
      throw malformed("invalid duration ", text);
    }
    long nanos = 0;
    while (at < text.length()) {
      int point = digits(text, at);
      boolean decimal = point < text.length() && text.charAt(point) == '.';
      int end = decimal ? digits(text, point + 1) : point;
      if (end == at || (decimal && end == at + 1)) {
        throw malformed("invalid duration ", text);
      }
      int next = end;
      while (next < text.length() && !isOfNumber(text.charAt(next))) {
        next++;
      }
      if (next == end) {
        throw malformed("missing unit in duration ", text);
      }
      int unit = unit(GO_UNITS, text, end, next);
      if (unit < 0) {
        throw new Malformed(
            "time: unknown unit \"%s\" in duration \"%s\""
                .formatted(text.substring(end, next), text));
      }
      nanos += amount(text, at, point, end, GO_NANOS[unit]);
      if (nanos < 0) {
        throw malformed("invalid duration ", text);
      }
      at = next;
    }
    return text.charAt(0) == '-' ? -nanos : nanos;
  }

  private static Malformed malformed(String what, String text) {
    return new Malformed("time: " + what + "\"" + text + "\"");
  }

  /** A decimal number of units; what is below a nanosecond is cut. */
  private static long amount(String text, int from, int point, int end, long unit)
      throws Malformed {
    long whole = 0;
    for (int i = from; i < point; i++) {
      whole = whole * 10 + (text.charAt(i) - '0');
      if (whole > Long.MAX_VALUE / 10 || whole > Long.MAX_VALUE / unit) {
        throw malformed("invalid duration ", text);
      }
    }
    double fraction = 0;
    double scale = 1;
    for (int i = point + 1; i < end && scale < 1e17; i++) {
      fraction = fraction * 10 + (text.charAt(i) - '0');
      scale *= 10;
    }
    return whole * unit + (long) (fraction * (unit / scale));
  }

  private static boolean isOfNumber(char c) {
    return c == '.' || (c >= '0' && c <= '9');
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }

  private static int unit(String[] units, String text, int from, int to) {
    for (int i = 0; i < units.length; i++) {
      if (units[i].length() == to - from && text.startsWith(units[i], from)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Nanoseconds of what Loki and Tempo take where a duration stands: one of Prometheus, else one of
   * Go. Throws Malformed.
   */
  public static long nanos(String text) throws Malformed {
    try {
      return prometheusMillis(text) * NANOS_OF_MILLI;
    } catch (Malformed e) {
      return goNanos(text);
    }
  }
}
