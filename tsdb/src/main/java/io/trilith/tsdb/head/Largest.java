package io.trilith.tsdb.head;

import io.trilith.tsdb.Cardinality.Count;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Keeps the largest of many counts; of equal ones those that come first in the alphabet. */
final class Largest {
  private static final Comparator<Count> ORDER =
      Comparator.comparingLong(Count::count)
          .thenComparing(Comparator.comparing(Count::name).reversed());

  private final int limit;
  private final PriorityQueue<Count> kept = new PriorityQueue<>(ORDER);

  Largest(int limit) {
    this.limit = limit;
  }

  /** Whether a count may be among the largest: spares callers the making of names. */
  boolean takes(long count) {
    Count least = kept.peek();
    return kept.size() < limit || (least != null && count >= least.count());
  }

  void add(String name, long count) {
    kept.add(new Count(name, count));
    if (kept.size() > limit) {
      kept.poll();
    }
  }

  List<Count> descending() {
    return kept.stream().sorted(ORDER.reversed()).toList();
  }
}
