package io.trilith.query.prometheus;

import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import io.trilith.storage.text.Rfc3339;
import java.util.Optional;
import java.util.OptionalDouble;

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
    OptionalDouble seconds = GoNumber.real(text);
    if (seconds.isPresent() && Double.isFinite(seconds.getAsDouble())) {
      return clamp(Math.round(seconds.getAsDouble() * 1000));
    }
    return clamp(
        Rfc3339.parse(text)
            .orElseThrow(() -> invalid(name, "cannot parse \"" + text + "\" to a valid timestamp"))
            .toEpochMilli());
  }

  private static long clamp(long millis) {
    return Math.clamp(millis, -MILLIS_MAX, MILLIS_MAX);
  }

  /** Milliseconds of a number of seconds or a duration. */
  static long duration(String name, String text) {
    OptionalDouble number = GoNumber.real(text);
    if (number.isEmpty()) {
      try {
        return Lengths.prometheusMillis(text);
      } catch (Lengths.Malformed e) {
        throw invalid(name, "cannot parse \"" + text + "\" to a valid duration");
      }
    }
    double seconds = number.getAsDouble();
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
    long limit =
        GoNumber.whole(text.get())
            .orElseThrow(
                () -> invalid(name, "cannot parse \"" + text.get() + "\" to a valid number"));
    if (limit < 0) {
      throw invalid(name, "limit must be non-negative");
    }
    return limit == 0 ? Integer.MAX_VALUE : (int) Math.min(limit, Integer.MAX_VALUE);
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
        int codePoint = end < 0 ? -1 : GoNumber.digits(path, at + 1, end, 16);
        if (!Character.isValidCodePoint(codePoint)) {
          return path;
        }
        name.appendCodePoint(codePoint);
        at = end + 1;
      }
    }
    return name.toString();
  }
}
