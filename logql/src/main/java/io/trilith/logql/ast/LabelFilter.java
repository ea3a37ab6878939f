package io.trilith.logql.ast;

import io.trilith.storage.model.Matcher;
import java.util.List;

/** A predicate over the labels an entry has at one place of a pipeline. */
public sealed interface LabelFilter {
  /**
   * Parts joined from left to right, "and" and "or" alike.
   *
   * @param or for each part but the first, whether it is joined by "or"
   */
  record Chain(List<LabelFilter> parts, List<Boolean> or) implements LabelFilter {
    public Chain {
      parts = List.copyOf(parts);
      or = List.copyOf(or);
    }
  }

  record Text(Matcher matcher) implements LabelFilter {}

  /**
   * A comparison with a number, a duration (in nanoseconds) or a size (in bytes).
   *
   * @param text the literal as it was written
   */
  record Quantity(String name, Comparison comparison, Unit unit, double value, String text)
      implements LabelFilter {}

  record Ip(String name, boolean negated, String pattern) implements LabelFilter {}

  /** What a literal counts. */
  enum Unit {
    NONE,
    DURATION,
    BYTES
  }
}
