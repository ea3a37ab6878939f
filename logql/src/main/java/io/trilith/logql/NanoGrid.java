package io.trilith.logql;

import io.trilith.engine.StepGrid;

/**
 * The times a query is evaluated at, in nanoseconds.
 *
 * @param step positive
 */
record NanoGrid(long start, long step, int count) {
  private static final long MILLI = 1_000_000;

  static NanoGrid instant(long time) {
    return new NanoGrid(time, 1, 1);
  }

  /** The steps that a range of multiples of the step has: the ends are moved outwards. */
  static NanoGrid aligned(long start, long end, long step) {
    long first = Math.floorDiv(start, step) * step;
    long last = Math.ceilDiv(end, step) * step;
    return new NanoGrid(first, step, (int) ((last - first) / step) + 1);
  }

  long time(int index) {
    return start + index * step;
  }

  long end() {
    return start + (count - 1L) * step;
  }

  StepGrid millis() {
    return new StepGrid(Math.floorDiv(start, MILLI), Math.max(1, step / MILLI), count);
  }
}
