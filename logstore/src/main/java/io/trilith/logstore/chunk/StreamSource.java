package io.trilith.logstore.chunk;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.SortedSet;

/**
 * A head or a block of one tenant, as a query sees it. Times in nanoseconds, both ends included.
 * Thread-safe.
 */
public interface StreamSource {
  /** Hands over every stream that matches and may have entries in the range, in any order. */
  void select(List<Matcher> matchers, long min, long max, StreamVisitor visitor);

  void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into);

  void labelValues(String name, List<Matcher> matchers, long min, long max, SortedSet<String> into);

  /** Takes streams: labels and pages in order of time. */
  @FunctionalInterface
  interface StreamVisitor {
    void accept(Labels labels, List<? extends PageRef> pages);
  }
}
