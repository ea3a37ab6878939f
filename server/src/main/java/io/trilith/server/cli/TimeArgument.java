package io.trilith.server.cli;

import io.trilith.config.Durations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Times as operators write them: {@code now}, {@code 1h} and {@code now-1h} for an hour ago, unix
 * seconds, RFC 3339, a date or a date with a time in UTC.
 */
public final class TimeArgument {
  private static final int UNIX_DIGITS = 9;

  private TimeArgument() {}

  /** Throws IllegalArgumentException when it is none of these. */
  public static Instant parse(String text, InstantSource clock) {
    if (text.equals("now")) {
      return clock.instant();
    }
    String ago = text.startsWith("now-") ? text.substring(4) : text;
    try {
      if (isNumber(text)) {
        return Instant.ofEpochMilli(Math.round(Double.parseDouble(text) * 1000));
      }
      if (text.length() > UNIX_DIGITS && text.charAt(4) == '-' && !text.startsWith("now")) {
        return calendar(text.replace(' ', 'T'));
      }
      return clock.instant().minus(Durations.parse(ago));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no time; give now, 1h (ago), unix seconds or 2026-11-21T16:00:00Z", e);
    }
  }

  private static boolean isNumber(String text) {
    boolean digits = !text.isEmpty();
    for (int i = 0; i < text.length() && digits; i++) {
      char c = text.charAt(i);
      digits = (c >= '0' && c <= '9') || c == '.' || (c == '-' && i == 0);
    }
    return digits;
  }

  private static Instant calendar(String text) {
    if (text.length() == 10) {
      return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    }
    boolean zoned = text.endsWith("Z") || text.indexOf('+', 10) > 0 || text.indexOf('-', 10) > 0;
    return zoned
        ? OffsetDateTime.parse(text).toInstant()
        : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
  }
}
