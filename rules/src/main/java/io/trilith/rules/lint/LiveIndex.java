package io.trilith.rules.lint;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a server has, by PromQL selectors. Methods throw RuntimeException when it cannot be asked.
 */
public interface LiveIndex {
  /** The labels that the series have of which there were samples lately; empty without any. */
  Set<String> labels(String selector);

  /** How many active series there are, by metric name. */
  Map<String, Long> series(String selector);

  /** Whether a metric is a counter, if its metadata is known. */
  Optional<Boolean> counter(String metric);

  /** How far samples lie from each other, milliseconds; 0 when that is not known. */
  long intervalMillis(String selector);
}
