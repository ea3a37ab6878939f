package io.trilith.tsdb.chunk;

import io.trilith.tsdb.StaleMarker;

/**
 * How doubles become longs, see {@code docs/formats/metric-chunk.md}: as decimals of few digits, or
 * else as their bits, put into numeric order.
 *
 * <pre>
 * values   = head:1  specials?  column
 * head     = exponent 0 to 12, or 15 for bits (bits 0-3)  specials (bit 4)
 * specials = count:varint ( gap:varint what:1 [bits:8] )*    what: 0 stale marker, 1 the bits follow
 * </pre>
 */
final class FloatColumn {
  static final int EXPONENT_MASK = 15;
  static final int BITS = 15;
  static final int HAS_SPECIALS = 16;
  static final int STALE = 0;
  static final int OTHER = 1;
  static final int EXPONENT_MAX = 12;

  private static final double[] POWERS = new double[EXPONENT_MAX + 1];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private FloatColumn() {}

  static double power(int exponent) {
    return POWERS[exponent];
  }

  /** Bits of a double as a number in the order of the doubles; its own inverse. */
  static long ordered(long bits) {
    return bits ^ ((bits >> 63) >>> 1);
  }

  static boolean isStale(double value) {
    return StaleMarker.is(value);
  }
}
