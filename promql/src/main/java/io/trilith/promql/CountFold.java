package io.trilith.promql;

import java.util.List;

/** {@code count} and {@code group}. */
final class CountFold implements GroupFold {
  private final boolean one;
  private final Series result;
  private final int[] counts;

  /** Counts, or answers 1 wherever there is any, into an empty series. */
  CountFold(boolean one, Series result) {
    this.one = one;
    this.result = result;
    this.counts = new int[result.steps()];
  }

  @Override
  public void add(Series member) {
    boolean all = member.points() == counts.length;
    for (int step = 0; step < counts.length; step++) {
      if (all || member.has(step)) {
        counts[step]++;
      }
    }
  }

  @Override
  public void finish(List<Series> into) {
    for (int step = 0; step < counts.length; step++) {
      if (counts[step] > 0) {
        result.set(step, one ? 1 : counts[step]);
      }
    }
    if (!result.isEmpty()) {
      into.add(result);
    }
  }
}
