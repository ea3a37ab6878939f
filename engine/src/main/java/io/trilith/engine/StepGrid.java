package io.trilith.engine;

import io.trilith.storage.error.LimitExceededException;

/**
 * The times a query is evaluated at: {@code start, start + step, …}.
 *
 * @param start milliseconds since 1970, may be negative
 * @param step milliseconds, positive
 * @param count how many steps; may be 0
 */
public record StepGrid(long start, long step, int count) {
  /** Steps beyond this cannot be held in arrays with any hope of an answer. */
  private static final long COUNT_MAX = 11_000_000;

  public StepGrid {
    if (step <= 0 || count < 0) {
      throw new IllegalArgumentException("grid with step " + step + " and count " + count);
    }
  }

  /** A grid of one step. */
  public static StepGrid instant(long time) {
    return new StepGrid(time, 1, 1);
  }

  /**
   * All steps from start up to end, which counts when it is hit. Empty when end is before start.
   */
  public static StepGrid between(long start, long end, long step) {
    if (end < start) {
      return new StepGrid(start, step, 0);
    }
    long count = Math.subtractExact(end, start) / step + 1;
    if (count > COUNT_MAX) {
      throw LimitExceededException.fixed(
          "query needs " + count + " steps, more than " + COUNT_MAX + "; use a larger step");
    }
    return new StepGrid(start, step, (int) count);
  }

  public long time(int index) {
    return start + index * step;
  }

  /** The last time; meaningless for an empty grid. */
  public long end() {
    return start + (count - 1L) * step;
  }
}
