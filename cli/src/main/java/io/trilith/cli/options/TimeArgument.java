package io.trilith.cli.options;

import io.trilith.config.Durations;
import io.trilith.storage.text.GoNumber;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.OptionalDouble;

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
      OptionalDouble seconds = GoNumber.real(text);
      if (seconds.isPresent() && Double.isFinite(seconds.getAsDouble())) {
        return Instant.ofEpochMilli(Math.round(seconds.getAsDouble() * 1000));
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
