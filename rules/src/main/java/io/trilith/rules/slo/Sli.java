package io.trilith.rules.slo;

import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is measured. Expressions are as they are evaluated over one step. */
public sealed interface Sli {
  Language language();

  /** All expressions, those of totals last. */
  List<RuleQuery> queries();

  /**
   * Events.
   *
   * @param good null when bad is there
   * @param bad null when it is total less good
   */
  record Events(
      Language language, @Nullable RuleQuery good, @Nullable RuleQuery bad, RuleQuery total)
      implements Sli {
    @Override
    public List<RuleQuery> queries() {
      RuleQuery part = bad == null ? good : bad;
      return part == null ? List.of(total) : List.of(part, total);
    }

    @Override
    public String toString() {
      return "events "
          + language.text()
          + " good "
          + (good == null ? "" : good.text())
          + " bad "
          + (bad == null ? "" : bad.text())
          + " total "
          + total.text();
    }
  }

  /** A ratio of which the events are not known. */
  record Ratio(Language language, RuleQuery query, boolean ofErrors) implements Sli {
    @Override
    public List<RuleQuery> queries() {
      return List.of(query);
    }

    @Override
    public String toString() {
      return "ratio " + language.text() + " " + query.text() + " " + ofErrors;
    }
  }

  /** Values that are good when they compare so. */
  record Threshold(Language language, RuleQuery query, Comparison comparison, double value)
      implements Sli {
    @Override
    public List<RuleQuery> queries() {
      return List.of(query);
    }

    @Override
    public String toString() {
      return "threshold " + language.text() + " " + query.text() + " " + comparison + " " + value;
    }
  }

  /** How a value compares with another. */
  enum Comparison {
    LT,
    LTE,
    GT,
    GTE;

    /** As OpenSLO spells it. */
    static Optional<Comparison> of(String text) {
      for (Comparison one : values()) {
        if (one.name().toLowerCase(Locale.ROOT).equals(text)) {
          return Optional.of(one);
        }
      }
      return Optional.empty();
    }

    boolean holds(double left, double right) {
      return switch (this) {
        case LT -> left < right;
        case LTE -> left <= right;
        case GT -> left > right;
        case GTE -> left >= right;
      };
    }
  }
}
