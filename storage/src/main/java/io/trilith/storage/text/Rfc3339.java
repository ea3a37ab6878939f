package io.trilith.storage.text;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.OptionalLong;

/** Times of RFC 3339, {@code 2026-12-01T09:30:00.25+01:00}. */
public final class Rfc3339 {
  private static final String SHAPE = "0000-00-00T00:00:00";
  private static final int DIGITS_MAX = 9;

  private Rfc3339() {}

  /** Empty when it is none. Seconds are needed, digits beyond nanoseconds are cut. */
  public static Optional<Instant> parse(String text) {
    int at = SHAPE.length();
    if (text.length() <= at || text.length() > 64) {
      return Optional.empty();
    }
    for (int i = 0; i < at; i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      if (SHAPE.charAt(i) == '0' ? !digit : c != SHAPE.charAt(i)) {
        return Optional.empty();
      }
    }
    String fraction = "";
    if (text.charAt(at) == '.') {
      int end = at + 1;
      while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
        end++;
      }
      if (end == at + 1) {
        return Optional.empty();
      }
      fraction = text.substring(at, Math.min(end, at + 1 + DIGITS_MAX));
      at = end;
    }
    String zone = text.substring(at);
    if (!zone.equals("Z") && !(zone.length() == 6 && "+-".indexOf(zone.charAt(0)) >= 0)) {
      return Optional.empty();
    }
    try {
      String plain = text.substring(0, SHAPE.length()) + fraction + zone;
      return Optional.of(OffsetDateTime.parse(plain).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Nanoseconds since 1970; empty when it is no time, or beyond what fits. */
  public static OptionalLong nanos(String text) {
    Optional<Instant> time = parse(text);
    if (time.isEmpty()) {
      return OptionalLong.empty();
    }
    Instant instant = time.get();
    try {
      return OptionalLong.of(
          Math.addExact(
              Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano()));
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }
}
