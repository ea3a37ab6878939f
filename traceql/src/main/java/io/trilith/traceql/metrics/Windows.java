package io.trilith.traceql.metrics;

/**
 * The points of a query. A point stands at the end of its window, which is closed on the right; the
 * first one stands at the start.
 */
public record Windows(long startNanos, long stepNanos, int count) {
  /** Start down and end up to the step; one point per step, both ends included. */
  public static Windows range(long startNanos, long endNanos, long stepNanos) {
    long start = Math.floorDiv(startNanos, stepNanos) * stepNanos;
    long end = -Math.floorDiv(-endNanos, stepNanos) * stepNanos;
    return new Windows(start, stepNanos, Math.toIntExact((end - start) / stepNanos + 1));
  }

  /** One window for all. */
  public static Windows instant(long startNanos, long endNanos) {
    return new Windows(startNanos, Math.max(1, endNanos - startNanos), 2);
  }

  /** The window of a time, negative outside of all. */
  int of(long nanos) {
    if (nanos < startNanos) {
      return -1;
    }
    long window = -Math.floorDiv(-(nanos - startNanos), stepNanos);
    return window < count ? (int) window : -1;
  }

  public long timeMillis(int point) {
    return Math.floorDiv(startNanos + point * stepNanos, 1_000_000L);
  }

  double stepSeconds() {
    return stepNanos / 1e9;
  }

  long endNanos() {
    return startNanos + (count - 1) * stepNanos;
  }
}
