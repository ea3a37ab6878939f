package io.trilith.rules.lint;

import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares a rule with what a server has. */
final class LiveChecks {
  private final LiveIndex index;
  private final Set<String> recorded;

  /**
   * Against an index.
   *
   * @param recorded metrics that the rules at hand write, and which need not be there yet
   */
  LiveChecks(LiveIndex index, Set<String> recorded) {
    this.index = index;
    this.recorded = recorded;
  }

  void missing(List<Selected> selected, RuleFindings at) {
    if (!at.wants(Check.SERIES_MISSING)) {
      return;
    }
    Set<String> told = new LinkedHashSet<>();
    for (Selected one : selected) {
      String text = one.text();
      if (one.mayBeMissing() || recorded.contains(one.metric()) || !told.add(text)) {
        continue;
      }
      if (index.labels(text).isEmpty()) {
        String whole = one.wholeMetrics();
        boolean none = whole.equals(text) || index.labels(whole).isEmpty();
        at.add(
            Check.SERIES_MISSING,
            none
                ? "there are no series of " + whole + "; is the name right, and is it sent?"
                : "there are series of " + whole + ", and " + text + " finds none of them",
            Map.of("selector", text));
      }
    }
  }

  void grouping(Expr tree, LabelFlow flow, RuleFindings at) {
    Set<String> told = new LinkedHashSet<>();
    for (Expr node : Trees.postOrder(tree)) {
      switch (node) {
        case Expr.Aggregation aggregation when !aggregation.without() -> {
          for (String label : aggregation.grouping()) {
            if (!flow.at(aggregation.inner()).mayHave(label) && told.add(label)) {
              add(aggregation.op().text() + " by (" + label + ")", label, at);
            }
          }
        }
        case Expr.Binary binary when binary.matching().on() && !binary.scalar() -> {
          for (String label : binary.matching().labels()) {
            boolean neither =
                !flow.at(binary.left()).mayHave(label) && !flow.at(binary.right()).mayHave(label);
            if (neither && told.add(label)) {
              add(binary.op().text() + " on (" + label + ")", label, at);
            }
          }
        }
        default -> {}
      }
    }
  }

  private static void add(String where, String label, RuleFindings at) {
    at.add(
        Check.LABEL_MISSING,
        where + ": no series there has the label " + label,
        Map.of("label", label));
  }

  /** How many series the rule reads. */
  long cost(List<Selected> selected, long max, RuleFindings at) {
    long series = 0;
    Set<String> counted = new LinkedHashSet<>();
    for (Selected one : selected) {
      if (counted.add(one.text())) {
        for (long count : index.series(one.text()).values()) {
          series += count;
        }
      }
    }
    if (max > 0 && series > max) {
      at.add(
          Check.COST,
          "it reads " + series + " series at each evaluation, more than " + max,
          Map.of("series", Long.toString(series), "max", Long.toString(max)));
    }
    return series;
  }
}
