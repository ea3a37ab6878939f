package io.trilith.query.tempo;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.GoDuration;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Reads the parameters of a request; what cannot be read is a 400 that names it. */
final class Parameters {
  private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000L);
  private static final BigDecimal SECONDS_MAX = BigDecimal.valueOf(9_000_000_000L);
  private static final int LENGTH_MAX = 40;

  private Parameters() {}

  static InvalidRequestException invalid(String name, String text, String why) {
    String shown = text.length() > LENGTH_MAX ? text.substring(0, LENGTH_MAX) + "…" : text;
    return new InvalidRequestException("invalid " + name + " '" + shown + "': " + why);
  }

  static int integer(Question request, String name, int otherwise, int min, int max) {
    Optional<String> text = request.parameter(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value < min || value > max) {
        throw invalid(name, text.get(), "it must lie between " + min + " and " + max);
      }
      return value;
    } catch (NumberFormatException e) {
      throw invalid(name, text.get(), "it is not a number");
    }
  }

  /** Checks a time that may be whole seconds only. */
  static void wholeSeconds(Question request, String name) {
    String text = request.parameter(name).orElse("0");
    if (text.length() > LENGTH_MAX || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw invalid(name, text, "it is not a number of seconds");
    }
  }

  /** A Go duration in nanoseconds. */
  static long duration(String name, String text) {
    Long nanos = GoDuration.parse(text);
    if (nanos == null) {
      throw invalid(name, text, "it is not a duration such as 100ms");
    }
    return nanos;
  }

  /** Seconds, nanoseconds (more than ten digits) or RFC 3339, in nanoseconds. */
  static long time(String name, String text) {
    if (text.length() <= LENGTH_MAX
        && text.chars().allMatch(c -> "0123456789.eE+-".indexOf(c) >= 0)) {
      try {
        boolean whole = text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (whole && text.length() > 10) {
          return Long.parseLong(text);
        }
        BigDecimal seconds = new BigDecimal(text);
        if (seconds.precision() - seconds.scale() > 12
            || seconds.abs().compareTo(SECONDS_MAX) > 0) {
          throw invalid(name, text, "it is out of range");
        }
        return seconds.multiply(NANOS).setScale(0, RoundingMode.FLOOR).longValueExact();
      } catch (ArithmeticException | NumberFormatException e) {
        throw invalid(name, text, "it is not a time");
      }
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw invalid(name, text, "it is not a time");
    }
  }

  /** A range of nanoseconds, both ends included. */
  record Range(long start, long end) {
    Duration length() {
      return end - start < 0 ? Duration.ofNanos(Long.MAX_VALUE) : Duration.ofNanos(end - start);
    }
  }

  /** Start and end, where they are given; else everything. */
  static Range optionalRange(Question request) {
    long start = request.parameter("start").map(text -> time("start", text)).orElse(0L);
    long end = request.parameter("end").map(text -> time("end", text)).orElse(Long.MAX_VALUE);
    if (start == 0 && end == 0) {
      return new Range(0, Long.MAX_VALUE);
    }
    if (start >= end) {
      throw new InvalidRequestException(
          "invalid start: http parameter start must be before end. received start="
              + start
              + " end="
              + end);
    }
    return new Range(start, end);
  }

  /** Throws the text that Grafana turns into "select a shorter range". */
  static void checkLength(Range range, Duration max, String what) {
    if (!max.isZero() && range.length().compareTo(max) > 0) {
      throw new InvalidRequestException(what + GoDuration.format(max.toNanos()));
    }
  }
}
