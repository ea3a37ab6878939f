package io.trilith.rules;

import io.trilith.logql.ast.Expr.Metric;
import io.trilith.promql.ast.Expr;
import io.trilith.traceql.ast.Metrics;

/** A parsed expression. */
public sealed interface RuleQuery {
  /** The expression as its tree prints it; of TraceQL as it was written. */
  String text();

  record Promql(Expr tree, String text) implements RuleQuery {}

  record Logql(Metric tree, String text) implements RuleQuery {}

  record Traceql(Metrics tree, String text) implements RuleQuery {}
}
