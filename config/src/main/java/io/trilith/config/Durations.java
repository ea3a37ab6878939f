package io.trilith.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Durations as operators write them: {@code 15d}, {@code 1h30m}, {@code 500ms}, {@code 0}. */
public final class Durations {
  private record Unit(String text, Duration length) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit("w", Duration.ofDays(7)),
          new Unit("d", Duration.ofDays(1)),
          new Unit("h", Duration.ofHours(1)),
          new Unit("m", Duration.ofMinutes(1)),
          new Unit("s", Duration.ofSeconds(1)),
          new Unit("ms", Duration.ofMillis(1)));

  private Durations() {}

  /** Throws IllegalArgumentException when it is not a duration. */
  public static Duration parse(String text) {
    String rest = text.strip().toLowerCase(Locale.ROOT);
    if (rest.equals("0")) {
      return Duration.ZERO;
    }
    Duration sum = Duration.ZERO;
    while (!rest.isEmpty()) {
      int digits = end(rest, 0, true);
      int unitEnd = end(rest, digits, false);
      Unit unit = find(rest.substring(digits, unitEnd));
      if (digits == 0 || digits > 12 || unit == null) {
        throw new IllegalArgumentException("is not a duration such as 30s, 1h30m or 15d");
      }
      sum = sum.plus(unit.length.multipliedBy(Long.parseLong(rest.substring(0, digits))));
      rest = rest.substring(unitEnd);
    }
    if (text.isBlank()) {
      throw new IllegalArgumentException("is not a duration such as 30s, 1h30m or 15d");
    }
    return sum;
  }

  private static int end(String text, int from, boolean digits) {
    int at = from;
    while (at < text.length() && (text.charAt(at) >= '0' && text.charAt(at) <= '9') == digits) {
      at++;
    }
    return at;
  }

  private static @Nullable Unit find(String text) {
    for (Unit unit : UNITS) {
      if (unit.text.equals(text)) {
        return unit;
      }
    }
    return null;
  }

  /** The shortest text that {@link #parse} reads back. */
  public static String format(Duration duration) {
    if (duration.isZero()) {
      return "0";
    }
    StringBuilder text = new StringBuilder();
    long millis = duration.toMillis();
    for (Unit unit : UNITS) {
      long length = unit.length.toMillis();
      if (!unit.text.equals("w") && millis >= length) {
        text.append(millis / length).append(unit.text);
        millis %= length;
      }
    }
    return text.toString();
  }
}
