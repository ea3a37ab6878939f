package io.trilith.query.loki;

import io.trilith.logstore.StreamSet.Direction;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.Decimal;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import io.trilith.storage.text.Rfc3339;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Reads the parameters of the Loki API. Wrong ones throw InvalidRequestException. */
final class LokiParameters {
  private static final long SECOND = 1_000_000_000L;
  private static final int SECONDS_DIGITS = 10;
  private static final long STEPS_DEFAULT = 250;

  private LokiParameters() {}

  /** A span of time in nanoseconds. */
  record Span(long start, long end) {}

  static String query(HttpRequest request) {
    return request.parameter("query").orElse("");
  }

  static long now(InstantSource clock) {
    Instant now = clock.instant();
    return now.getEpochSecond() * SECOND + now.getNano();
  }

  /** The parameters start, end and since; the end is now, the start some time before. */
  static Span span(HttpRequest request, InstantSource clock, long defaultNanos) {
    long end = time(request, "end", now(clock));
    Optional<String> since = request.parameter("since");
    long length = since.isPresent() ? wholeDuration("since", since.get()) : defaultNanos;
    long start = time(request, "start", saturated(Math.min(end, now(clock)), length));
    if (end < start) {
      throw new InvalidRequestException("end timestamp must not be before or equal to start time");
    }
    return new Span(start, end);
  }

  private static long saturated(long end, long length) {
    return end < Long.MIN_VALUE + length ? Long.MIN_VALUE : end - length;
  }

  static long time(HttpRequest request, String name, long otherwise) {
    Optional<String> text = request.parameter(name);
    return text.isPresent() ? time(name, text.get()) : otherwise;
  }

  /** Seconds with decimals, seconds of up to ten digits, nanoseconds, or an RFC 3339 time. */
  static long time(String name, String text) {
    if (text.indexOf('.') >= 0) {
      Optional<BigDecimal> seconds = Decimal.parse(text);
      if (seconds.isPresent()) {
        return seconds.get().movePointRight(9).longValue();
      }
    }
    OptionalLong number = GoNumber.whole(text);
    if (number.isPresent()) {
      return number.getAsLong() * (text.length() <= SECONDS_DIGITS ? SECOND : 1);
    }
    return Rfc3339.nanos(text)
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "could not parse '" + name + "' parameter: invalid time " + shown(text)));
  }

  static String shown(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }

  static int limit(HttpRequest request, String name, int otherwise) {
    Optional<String> text = request.parameter(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    long limit =
        GoNumber.whole(text.get())
            .orElseThrow(
                () ->
                    new InvalidRequestException(
                        "could not parse '"
                            + name
                            + "' parameter: not a number: "
                            + shown(text.get())));
    if (limit <= 0) {
      throw new InvalidRequestException(name + " must be a positive value");
    }
    return (int) Math.min(limit, Integer.MAX_VALUE);
  }

  static Direction direction(HttpRequest request) {
    String text = request.parameter("direction").orElse("backward");
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "backward" -> Direction.BACKWARD;
      case "forward" -> Direction.FORWARD;
      default -> throw new InvalidRequestException("invalid direction '" + shown(text) + "'");
    };
  }

  /** Nanoseconds; a 250th of the span, at least a second, when it is not given. */
  static long step(HttpRequest request, Span span) {
    Optional<String> text = request.parameter("step");
    if (text.isEmpty()) {
      long seconds = (span.end() / STEPS_DEFAULT - span.start() / STEPS_DEFAULT) / SECOND;
      return Math.max(1, seconds) * SECOND;
    }
    long nanos = duration("step", text.get());
    if (nanos <= 0) {
      throw new InvalidRequestException(
          "zero or negative query resolution step widths are not accepted. Try a positive"
              + " integer");
    }
    // Steps are told in milliseconds.
    return Math.max(1, Math.round(nanos / 1e6)) * 1_000_000;
  }

  static long interval(HttpRequest request) {
    Optional<String> text = request.parameter("interval");
    long nanos = text.isPresent() ? duration("interval", text.get()) : 0;
    if (nanos < 0) {
      throw new InvalidRequestException("interval must be >= 0");
    }
    return nanos;
  }

  /** Nanoseconds of a number of seconds or a duration. */
  private static long duration(String name, String text) {
    OptionalDouble number = GoNumber.real(text);
    if (number.isEmpty()) {
      return wholeDuration(name, text);
    }
    double seconds = number.getAsDouble();
    if (Double.isNaN(seconds) || Math.abs(seconds) > 4e9) {
      throw new InvalidRequestException("could not parse '" + name + "' parameter: out of range");
    }
    return Math.round(seconds * SECOND);
  }

  /** Nanoseconds of a duration of Prometheus: whole numbers, each unit once, falling. */
  private static long wholeDuration(String name, String text) {
    try {
      return Lengths.prometheusMillis(text) * 1_000_000;
    } catch (Lengths.Malformed e) {
      throw new InvalidRequestException(
          "could not parse '"
              + name
              + "' parameter: not a valid duration string such as 1h30m: "
              + shown(text),
          e);
    }
  }
}
