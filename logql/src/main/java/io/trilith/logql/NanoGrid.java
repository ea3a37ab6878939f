package io.trilith.logql;

import io.trilith.engine.StepGrid;
import java.util.Arrays;

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

  /**
   * Where a window of the range begins or ends, in times before the offset: entries between two of
   * these are in the same windows. From just before the slice to its end, ascending.
   */
  long[] bounds(Slices.Slice slice, long range, long offset) {
    long[] bounds = new long[2 * count + 2];
    int size = 0;
    bounds[size++] = slice.from() - 1;
    // Two ascending rows, merged: where windows begin and where they end.
    int begin = 0;
    int end = 0;
    while (end < count) {
      long next = time(end) - offset;
      if (begin < count && time(begin) - range - offset <= next) {
        next = time(begin++) - range - offset;
      } else {
        end++;
      }
      if (next > bounds[size - 1] && next < slice.to()) {
        bounds[size++] = next;
      }
    }
    bounds[size++] = slice.to();
    return Arrays.copyOf(bounds, size);
  }

  StepGrid millis() {
    return new StepGrid(Math.floorDiv(start, MILLI), Math.max(1, step / MILLI), count);
  }
}
