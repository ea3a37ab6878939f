package io.trilith.tsdb;

/**
 * The one NaN bit pattern by which Prometheus says that a series has ended; other NaNs are data.
 */
public final class StaleMarker {
  private static final long BITS = 0x7ff0000000000002L;

  /** The marker. Copy it by its bits: arithmetic need not keep them. */
  public static final double VALUE = Double.longBitsToDouble(BITS);

  private StaleMarker() {}

  public static boolean is(double value) {
    return Double.doubleToRawLongBits(value) == BITS;
  }
}
