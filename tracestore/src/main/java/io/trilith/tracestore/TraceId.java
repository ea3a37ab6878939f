package io.trilith.tracestore;

import java.util.HexFormat;

/**
 * 16 bytes that name a trace, ordered as unsigned numbers. Ids of 8 bytes have a high half of 0.
 */
public record TraceId(long high, long low) implements Comparable<TraceId> {
  private static final int DIGITS_MAX = 32;

  public boolean isZero() {
    return (high | low) == 0;
  }

  /** The id in 32 lower-case hex digits. */
  public String hex() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }

  /** The id without the zeros on its left, as Tempo's search shows it; {@link #parse} reads it. */
  public String shortHex() {
    return high == 0
        ? Long.toHexString(low)
        : Long.toHexString(high) + HexFormat.of().toHexDigits(low);
  }

  /**
   * Reads 1 to 32 hex digits, zeros on the left may be missing.
   *
   * @throws io.trilith.storage.error.InvalidRequestException when it is anything else
   */
  public static TraceId parse(String hex) {
    if (hex.isEmpty() || hex.length() > DIGITS_MAX) {
      throw new io.trilith.storage.error.InvalidRequestException(
          "a trace id has 1 to 32 hex digits, this one has " + hex.length());
    }
    for (int i = 0; i < hex.length(); i++) {
      if (!HexFormat.isHexDigit(hex.charAt(i))) {
        throw new io.trilith.storage.error.InvalidRequestException(
            "trace IDs can only contain hex characters: invalid character at position " + (i + 1));
      }
    }
    int split = Math.max(0, hex.length() - 16);
    return new TraceId(
        split == 0 ? 0 : Long.parseUnsignedLong(hex.substring(0, split), 16),
        Long.parseUnsignedLong(hex.substring(split), 16));
  }

  @Override
  public int compareTo(TraceId other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  @Override
  public String toString() {
    return hex();
  }
}
