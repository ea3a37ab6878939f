package io.trilith.rules.lint;

import io.trilith.rules.Rule;
import io.trilith.storage.text.GoNumber;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Holds rules to what they say of the number of series of the metrics they read. */
final class Budgets {
  static final String KEY = "cardinality_budget";

  private final boolean required;
  private final long max;
  private final @Nullable LiveIndex index;

  Budgets(boolean required, long max, @Nullable LiveIndex index) {
    this.required = required;
    this.max = max;
    this.index = index;
  }

  void check(List<Selected> selected, RuleFindings at) {
    if (!at.wants(Check.CARDINALITY_BUDGET)) {
      return;
    }
    Rule rule = at.rule();
    String annotated = rule.annotations().get(KEY);
    String text = annotated == null ? rule.labels().get(KEY) : annotated;
    if (text == null) {
      if (required && rule.alerting()) {
        add(
            "it has no annotation "
                + KEY
                + "; say how many series its metrics may have, at most "
                + max,
            Map.of(),
            at);
      }
      return;
    }
    OptionalLong budget = GoNumber.whole(text);
    if (budget.isEmpty() || budget.getAsLong() < 1) {
      add(
          KEY + " is '" + text + "'; it must be a whole number of series from 1 on",
          Map.of("budget", text),
          at);
      return;
    }
    if (budget.getAsLong() > max) {
      add(
          KEY + " is " + text + ", more than the " + max + " that any metric may have",
          Map.of("budget", text, "max", Long.toString(max)),
          at);
    }
    actual(selected).forEach((metric, series) -> compare(metric, series, budget.getAsLong(), at));
  }

  private static void compare(String metric, long series, long budget, RuleFindings at) {
    if (series > budget) {
      add(
          KEY
              + " is "
              + budget
              + ", and "
              + metric
              + " has "
              + series
              + " active series; drop labels of it or raise the budget",
          Map.of(
              "metric", metric, "budget", Long.toString(budget), "series", Long.toString(series)),
          at);
    }
  }

  /** Of each metric that is read, how many active series it has in all. */
  private Map<String, Long> actual(List<Selected> selected) {
    Map<String, Long> actual = new TreeMap<>();
    if (index != null) {
      for (Selected one : selected) {
        index
            .series(one.wholeMetrics())
            .forEach((name, count) -> actual.merge(name, count, Math::max));
      }
    }
    return actual;
  }

  private static void add(String reason, Map<String, String> details, RuleFindings at) {
    at.add(Check.CARDINALITY_BUDGET, reason, details);
  }
}
