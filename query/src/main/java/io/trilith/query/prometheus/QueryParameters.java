package io.trilith.query.prometheus;

import io.trilith.net.HttpRequest;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.error.InvalidRequestException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Reads the parameters of the Prometheus API. Wrong ones throw InvalidRequestException. */
final class QueryParameters {
  /** Far beyond any sample, and far from what overflows when durations are added. */
  static final long MILLIS_MAX = 9_000_000_000_000_000L;

  private QueryParameters() {}

  static String required(HttpRequest request, String name) {
    return request
        .parameter(name)
        .orElseThrow(() -> invalid(name, "cannot parse \"\" to a valid value"));
  }

  private static InvalidRequestException invalid(String name, String reason) {
    return new InvalidRequestException("invalid parameter \"" + name + "\": " + reason);
  }

  static long time(HttpRequest request, String name, long otherwise) {
    Optional<String> text = request.parameter(name);
    return text.isPresent() ? time(name, text.get()) : otherwise;
  }

  /** Milliseconds of unix seconds with decimals or an RFC 3339 time. */
  static long time(String name, String text) {
    double seconds;
    try {
      seconds = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      try {
        return clamp(OffsetDateTime.parse(text).toInstant().toEpochMilli());
      } catch (DateTimeException | ArithmeticException notATime) {
        throw invalid(name, "cannot parse \"" + text + "\" to a valid timestamp");
      }
    }
    if (!Double.isFinite(seconds)) {
      throw invalid(name, "cannot parse \"" + text + "\" to a valid timestamp");
    }
    return clamp(Math.round(seconds * 1000));
  }

  private static long clamp(long millis) {
    return Math.clamp(millis, -MILLIS_MAX, MILLIS_MAX);
  }

  /** Milliseconds of a number of seconds or a duration. */
  static long duration(String name, String text) {
    double seconds;
    try {
      seconds = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      try {
        return Literals.durationMillis(text);
      } catch (InvalidRequestException notADuration) {
        throw invalid(name, "cannot parse \"" + text + "\" to a valid duration");
      }
    }
    if (Double.isNaN(seconds) || Math.abs(seconds) * 1000 > MILLIS_MAX) {
      throw invalid(name, "cannot parse \"" + text + "\" to a valid duration");
    }
    return Math.round(seconds * 1000);
  }

  /** A count; 0 and absent mean all. */
  static int limit(HttpRequest request, String name) {
    Optional<String> text = request.parameter(name);
    if (text.isEmpty()) {
      return Integer.MAX_VALUE;
    }
    try {
      long limit = Long.parseLong(text.get());
      if (limit >= 0) {
        return limit == 0 ? Integer.MAX_VALUE : (int) Math.min(limit, Integer.MAX_VALUE);
      }
    } catch (NumberFormatException e) {
      throw invalid(name, "cannot parse \"" + text.get() + "\" to a valid number");
    }
    throw invalid(name, "limit must be non-negative");
  }

  /** A label name that may be escaped: {@code U__http_2e_status}. */
  static String labelName(String path) {
    if (!path.startsWith("U__")) {
      return path;
    }
    StringBuilder name = new StringBuilder();
    int at = 3;
    while (at < path.length()) {
      char c = path.charAt(at);
      if (c != '_') {
        name.append(c);
        at++;
      } else if (path.startsWith("__", at)) {
        name.append('_');
        at += 2;
      } else {
        int end = path.indexOf('_', at + 1);
        try {
          int codePoint = end < 0 ? -1 : Integer.parseInt(path, at + 1, end, 16);
          if (!Character.isValidCodePoint(codePoint)) {
            return path;
          }
          name.appendCodePoint(codePoint);
        } catch (NumberFormatException e) {
          return path;
        }
        at = end + 1;
      }
    }
    return name.toString();
  }
}
