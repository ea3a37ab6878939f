package io.trilith.rules.lint;

import io.trilith.logql.ast.Expr;
import io.trilith.rules.RuleQuery;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which labels queries over logs and traces may leave, as far as the outermost operator says. */
final class LogLabels {
  private LogLabels() {}

  static LabelSet of(RuleQuery query) {
    return switch (query) {
      case RuleQuery.Logql logql -> of(logql.tree());
      case RuleQuery.Promql _, RuleQuery.Traceql _ -> LabelSet.ANY;
    };
  }

  private static LabelSet of(Expr.Metric metric) {
    Expr.Metric node = metric;
    while (node instanceof Expr.Binary binary) {
      if (binary.right() instanceof Expr.Scalar) {
        node = binary.left();
      } else if (binary.left() instanceof Expr.Scalar) {
        node = binary.right();
      } else {
        return LabelSet.ANY;
      }
    }
    return switch (node) {
      case Expr.VectorAggregation aggregation ->
          switch (aggregation.function()) {
            case SUM, AVG, COUNT, MAX, MIN, STDDEV, STDVAR -> grouped(aggregation.grouping());
            default -> LabelSet.ANY;
          };
      case Expr.Scalar _, Expr.Vector _ -> LabelSet.NONE;
      case Expr.RangeAggregation _, Expr.Binary _, Expr.LabelReplace _ -> LabelSet.ANY;
    };
  }

  private static LabelSet grouped(Expr.@Nullable Grouping grouping) {
    if (grouping == null) {
      return LabelSet.NONE;
    }
    List<String> labels = grouping.labels();
    return grouping.without() ? LabelSet.ANY.without(labels) : LabelSet.of(labels);
  }
}
