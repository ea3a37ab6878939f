package io.trilith.rules.lint;

import java.util.Locale;
import java.util.Optional;

/** What is looked for in rules. */
public enum Check {
  /** A rate over less time than two samples take. */
  RATE_WINDOW(false),
  /** An alert on a counter as it stands, which falls to zero with each restart. */
  COUNTER_WITHOUT_RATE(false),
  /** A template that reads a label which the expression does not leave. */
  TEMPLATE_LABEL(false),
  /** A {@code for} that ends before the next evaluation. */
  SHORT_FOR(false),
  /** A regular expression where a comparison does. */
  NEEDLESS_REGEX(false),
  /** Two rules that write the same series. */
  DUPLICATE_RULE(false),
  /** A selector that finds no series. */
  SERIES_MISSING(true),
  /** A label by which is grouped, and which no series has. */
  LABEL_MISSING(true),
  /** A rule that reads more series than it may. */
  COST(true),
  /** The promise of a rule how many series its metrics have. */
  CARDINALITY_BUDGET(false);

  private final boolean live;

  Check(boolean live) {
    this.live = live;
  }

  /** Whether it needs a server's data. */
  public boolean live() {
    return live;
  }

  /** As it is written: {@code rate-window}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** That of a text. */
  public static Optional<Check> of(String text) {
    for (Check check : values()) {
      if (check.text().equals(text)) {
        return Optional.of(check);
      }
    }
    return Optional.empty();
  }
}
