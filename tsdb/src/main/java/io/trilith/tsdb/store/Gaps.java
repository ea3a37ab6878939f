package io.trilith.tsdb.store;

import io.trilith.tsdb.SeriesRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The times that are not hidden. Immutable. */
final class Gaps {
  static final Gaps ALL = between(List.of());

  /** Beginnings and ends, both included, ascending. */
  private final long[] bounds;

  /** Takes a range of time, both ends included. */
  @FunctionalInterface
  interface RangeVisitor {
    void accept(long from, long to);
  }

  private Gaps(long[] bounds) {
    this.bounds = bounds;
  }

  /** What lies before, between and after the ranges of rules. */
  static Gaps between(List<SeriesRule> rules) {
    List<SeriesRule> sorted = new ArrayList<>(rules);
    sorted.sort(Comparator.comparingLong(SeriesRule::minTime));
    List<Long> bounds = new ArrayList<>();
    long from = Long.MIN_VALUE;
    boolean open = true;
    for (SeriesRule rule : sorted) {
      if (!open || rule.maxTime() < rule.minTime()) {
        continue;
      }
      if (rule.minTime() > from) {
        bounds.add(from);
        bounds.add(rule.minTime() - 1);
      }
      if (rule.maxTime() == Long.MAX_VALUE) {
        open = false;
      } else {
        from = Math.max(from, rule.maxTime() + 1);
      }
    }
    if (open) {
      bounds.add(from);
      bounds.add(Long.MAX_VALUE);
    }
    return new Gaps(bounds.stream().mapToLong(Long::longValue).toArray());
  }

  /** Hands over what of a range is not hidden. */
  void each(long min, long max, RangeVisitor visitor) {
    for (int i = 0; i < bounds.length; i += 2) {
      long from = Math.max(min, bounds[i]);
      long to = Math.min(max, bounds[i + 1]);
      if (from <= to) {
        visitor.accept(from, to);
      }
    }
  }
}
