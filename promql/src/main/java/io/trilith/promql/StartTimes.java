package io.trilith.promql;

/** What start timestamps say about counters. */
final class StartTimes {
  private StartTimes() {}

  /**
   * Whether the counter began anew between two samples: its start is after the sample before, or,
   * as with deltas, right at it. A start at or after its own sample says nothing.
   */
  static boolean reset(long timeBefore, long startBefore, long time, long start) {
    if (start == 0 || start >= time || start < timeBefore) {
      return false;
    }
    return start > timeBefore || (startBefore != 0 && startBefore < timeBefore);
  }

  /** Whether a sample claims time that the one before had claimed already. */
  static boolean overlap(long timeBefore, long startBefore, long start) {
    return start != 0 && start < timeBefore && start != startBefore;
  }
}
