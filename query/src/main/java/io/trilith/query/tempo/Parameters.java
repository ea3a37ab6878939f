package io.trilith.query.tempo;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.Decimal;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import io.trilith.storage.text.Rfc3339;
import io.trilith.traceql.ast.GoDuration;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
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
    long value =
        GoNumber.whole(text.get())
            .orElseThrow(() -> invalid(name, text.get(), "it is not a number"));
    if (value < min || value > max) {
      throw invalid(name, text.get(), "it must lie between " + min + " and " + max);
    }
    return (int) value;
  }

  /** Checks a time that may be whole seconds only. */
  static void wholeSeconds(Question request, String name) {
    String text = request.parameter(name).orElse("0");
    if (text.length() > LENGTH_MAX || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw invalid(name, text, "it is not a number of seconds");
    }
  }

  /** Nanoseconds of a duration of Prometheus or Go that is not negative. */
  static long duration(String name, String text) {
    try {
      long nanos = Lengths.nanos(text);
      if (nanos >= 0) {
        return nanos;
      }
    } catch (Lengths.Malformed e) {
      throw invalid(name, text, "it is not a duration such as 100ms");
    }
    throw invalid(name, text, "it is not a duration such as 100ms");
  }

  /** Seconds, nanoseconds (more than ten digits) or RFC 3339, in nanoseconds. */
  static long time(String name, String text) {
    if (text.length() <= LENGTH_MAX
        && text.chars().allMatch(c -> "0123456789.eE+-".indexOf(c) >= 0)) {
      try {
        boolean whole = text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (whole && text.length() > 10) {
          return GoNumber.whole(text).orElseThrow(() -> invalid(name, text, "it is out of range"));
        }
        BigDecimal seconds =
            Decimal.parse(text).orElseThrow(() -> invalid(name, text, "it is not a time"));
        if (seconds.precision() - seconds.scale() > 12
            || seconds.abs().compareTo(SECONDS_MAX) > 0) {
          throw invalid(name, text, "it is out of range");
        }
        return seconds.multiply(NANOS).setScale(0, RoundingMode.FLOOR).longValueExact();
      } catch (ArithmeticException e) {
        throw invalid(name, text, "it is not a time");
      }
    }
    return Rfc3339.nanos(text).orElseThrow(() -> invalid(name, text, "it is not a time"));
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
