package io.trilith.storage.removal;

/** Which rows a store has to hide. What it looks at beside time is the store's affair. */
public interface RowRule {
  /** Who wants it: the id of a deletion, or a policy by its key and what it says. */
  String source();

  /** The first time that is hidden, in the signal's unit. */
  long minTime();

  /** The last time that is hidden. */
  long maxTime();

  /**
   * How much of a span of time a rule takes: 0 only when it is nothing, 1 only when it is all; in
   * between as if rows lay evenly.
   */
  static double share(RowRule rule, long min, long max) {
    if (rule.maxTime() < min || rule.minTime() > max) {
      return 0;
    }
    if (rule.minTime() <= min && rule.maxTime() >= max) {
      return 1;
    }
    double from = Math.max(rule.minTime(), min);
    double to = Math.min(rule.maxTime(), max);
    double share = (to - from + 1) / ((double) max - min + 1);
    return Math.clamp(share, Double.MIN_NORMAL, Math.nextDown(1.0));
  }
}
