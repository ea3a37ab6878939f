package io.trilith.server.removal;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.Decimal;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Rfc3339;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Times in requests that remove data: RFC 3339, or a number since 1970. */
final class RemovalTimes {
  private RemovalTimes() {}

  /** Of seconds, with a fraction; in nanoseconds. Beyond what fits it is the last or the first. */
  static long seconds(String name, String text) {
    return Decimal.parse(text)
        .map(seconds -> clamp(seconds.movePointRight(9)))
        .orElseGet(() -> rfc3339(name, text));
  }

  /** Of seconds, or of nanoseconds where there are more than ten digits, as Loki has it. */
  static long lokiNanos(String name, String text) {
    boolean nanos = text.length() > 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return nanos ? GoNumber.whole(text).orElse(Long.MAX_VALUE) : seconds(name, text);
  }

  private static long clamp(BigDecimal nanos) {
    if (nanos.precision() - nanos.scale() > 19) {
      return nanos.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    BigDecimal whole = nanos.setScale(0, RoundingMode.FLOOR);
    BigDecimal least = BigDecimal.valueOf(Long.MIN_VALUE);
    BigDecimal most = BigDecimal.valueOf(Long.MAX_VALUE);
    return whole.max(least).min(most).longValueExact();
  }

  private static long rfc3339(String name, String text) {
    return Rfc3339.nanos(text)
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "invalid parameter \""
                        + name
                        + "\": cannot parse '"
                        + text
                        + "' to a valid timestamp"));
  }

  /** Milliseconds of nanoseconds; the open ends stay open. */
  static long millis(long nanos) {
    return nanos == Long.MAX_VALUE || nanos == Long.MIN_VALUE
        ? nanos
        : Math.floorDiv(nanos, 1_000_000L);
  }
}
