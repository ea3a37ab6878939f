package io.trilith.promql;

import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Finds what has the same value at every step, so that one step is enough. */
final class Invariance {
  private static final Set<String> OF_TIME =
      Set.of(
          "time",
          "predict_linear",
          "info",
          "day_of_month",
          "day_of_week",
          "day_of_year",
          "days_in_month",
          "hour",
          "minute",
          "month",
          "year");

  private final Set<Expr> fixed = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Expr> reading = Collections.newSetFromMap(new IdentityHashMap<>());

  Invariance(Expr root) {
    for (Expr node : Trees.postOrder(root)) {
      if (node instanceof Expr.VectorSelector || node.children().anyMatch(reading::contains)) {
        reading.add(node);
      }
      if (isFixed(node)) {
        fixed.add(node);
      }
    }
  }

  /** Whether the node reads data and all of it at a fixed time. */
  boolean worthwhile(Expr expr) {
    return fixed.contains(expr) && reading.contains(expr);
  }

  /** Whether the node reads data. */
  boolean reads(Expr expr) {
    return reading.contains(expr);
  }

  private boolean isFixed(Expr expr) {
    return switch (expr) {
      case Expr.VectorSelector selector -> selector.shift().at() != null;
      case Expr.Subquery subquery -> subquery.shift().at() != null;
      // Of anything but a selector, timestamp() tells when it is evaluated.
      case Expr.Call call when Functions.tellsStepTimes(call) -> false;
      case Expr.Call call ->
          !OF_TIME.contains(call.function().name()) && call.children().allMatch(fixed::contains);
      default -> expr.children().allMatch(fixed::contains);
    };
  }
}
