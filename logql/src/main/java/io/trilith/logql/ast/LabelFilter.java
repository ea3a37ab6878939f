package io.trilith.logql.ast;

import io.trilith.storage.model.Matcher;
import java.util.List;

/** A predicate over the labels an entry has at one place of a pipeline. */
public sealed interface LabelFilter {
  /** Whether it looks at the label of that name. */
  default boolean names(String label) {
    return switch (this) {
      case Chain chain -> chain.parts().stream().anyMatch(part -> part.names(label));
      case Text(Matcher matcher) -> matcher.name().equals(label);
      case Quantity number -> number.name().equals(label);
      case Ip ip -> ip.name().equals(label);
    };
  }

  /**
   * Two or more parts of which all, or at least one, must hold.
   *
   * @param or whether one is enough
   */
  record Chain(List<LabelFilter> parts, boolean or) implements LabelFilter {
    public Chain {
      parts = List.copyOf(parts);
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
