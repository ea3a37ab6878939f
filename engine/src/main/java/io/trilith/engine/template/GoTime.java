package io.trilith.engine.template;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** A time with its zone, as Go prints it. */
public record GoTime(ZonedDateTime time) {
  private static final String DEFAULT = "2006-01-02 15:04:05.999999999 -0700 MST";

  static GoTime ofNanos(long nanos) {
    Instant instant =
        Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
    return new GoTime(instant.atZone(ZoneOffset.UTC));
  }

  static GoTime ofSeconds(long seconds) throws TemplateException {
    try {
      return new GoTime(Instant.ofEpochSecond(seconds).atZone(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      throw new TemplateException("time out of range");
    }
  }

  /** The zone of a name; UTC when there is none. */
  static ZoneId zone(String name) {
    try {
      return name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
    } catch (DateTimeException e) {
      return ZoneOffset.UTC;
    }
  }

  long seconds() {
    return time.toEpochSecond();
  }

  String format(String layout) throws TemplateException {
    return GoLayout.format(time, layout);
  }

  @Override
  public String toString() {
    try {
      return format(DEFAULT);
    } catch (TemplateException e) {
      return time.toString();
    }
  }
}
