package io.trilith.tsdb.chunk;

/**
 * A column of longs, see {@code docs/formats/metric-chunk.md}.
 *
 * <pre>
 * column     = head:1 first:zigzag  factor:varint?  step:zigzag?  exceptions?  residuals
 * head       = coder (bits 0-1)  order (bits 2-3)  factor (bit 4)  exceptions (bit 5)  zeros (bit 6)
 * exceptions = count:varint width:1 positions:packed values:packed
 * residuals  = base:zigzag width:1 packed                                            PACKED
 *            | base:zigzag low:1 bins:1 lengths firstHalf:varint bits bits           BINS
 * </pre>
 */
final class LongFormat {
  /** All are the first. */
  static final int CONSTANT = 0;

  /** Residuals of one width. */
  static final int PACKED = 1;

  /** Residuals as a prefix code of their bin, then the low bits. */
  static final int BINS = 2;

  static final int CODER_MASK = 3;
  static final int ORDER_SHIFT = 2;
  static final int HAS_FACTOR = 16;
  static final int HAS_EXCEPTIONS = 32;

  /** The last symbol is the residual zero, without low bits. */
  static final int HAS_ZEROS = 64;

  /** Longest prefix code, bits. */
  static final int CODE_MAX = 9;

  /** Bins at most; a symbol for zero may come on top. */
  static final int BINS_MAX = 32;

  static final int SYMBOLS_MAX = BINS_MAX + 1;

  /** Low bits at most, so that code and low bits come with one load. */
  static final int LOW_MAX = 48;

  /** What the first code length is told as a distance from. */
  static final int FIRST_LENGTH = 5;

  private LongFormat() {}
}
