package io.trilith.promql;

import io.trilith.promql.ast.Expr;
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

  private Invariance() {}

  /** Whether the node reads data and all of it at a fixed time. */
  static boolean worthwhile(Expr expr) {
    return !(expr instanceof Expr.NumberLiteral) && fixed(expr) && reads(expr);
  }

  private static boolean reads(Expr expr) {
    return expr instanceof Expr.VectorSelector || expr.children().anyMatch(Invariance::reads);
  }

  private static boolean fixed(Expr expr) {
    return switch (expr) {
      case Expr.VectorSelector selector -> selector.shift().at() != null;
      case Expr.Subquery subquery -> subquery.shift().at() != null;
      // Of anything but a selector, timestamp() tells when it is evaluated.
      case Expr.Call call when Functions.tellsStepTimes(call) -> false;
      case Expr.Call call ->
          !OF_TIME.contains(call.function().name()) && call.children().allMatch(Invariance::fixed);
      default -> expr.children().allMatch(Invariance::fixed);
    };
  }
}
