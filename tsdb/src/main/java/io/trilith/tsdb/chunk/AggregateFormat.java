package io.trilith.tsdb.chunk;

/**
 * What the windows of one series come to, see {@code docs/formats/metric-chunk.md}. Only windows
 * with samples are there; a window ends at a multiple of the resolution, which belongs to it.
 *
 * <pre>
 * record = count:varint flags:1 ends:column                          when the last sample of each window was
 *          spans counts first last sum least? greatest?              each length:varint column
 *          resets? markers?
 * resets = length:varint windows:varint ( gap:varint )* before:column after:column values:values   of windows with a reset
 * markers = length:varint count:varint times:column                  stale markers that are last in their window
 * </pre>
 */
final class AggregateFormat {
  /** The least value of each window is its first. */
  static final int LEAST_IS_FIRST = 1;

  /** The greatest value of each window is its last. */
  static final int GREATEST_IS_LAST = 2;

  /** Changes of a counter cannot be told: it falls too often, or below zero. */
  static final int NO_CHANGE = 4;

  static final int HAS_RESETS = 8;
  static final int HAS_MARKERS = 16;
  static final int FLAGS = 31;

  /** Windows of a record at most. */
  static final int WINDOWS_MAX = 1 << 16;

  private AggregateFormat() {}
}
