package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import org.jspecify.annotations.Nullable;

/** Which nodes are stages, and the stages of those that have no class of their own. */
final class Stages {
  private Stages() {}

  /** The vector whose series the node passes on one by one, changed or not; null for others. */
  static @Nullable Expr below(Expr node) {
    if (node.type() != ValueType.VECTOR) {
      return null;
    }
    return switch (node) {
      case Expr.Paren paren -> paren.inner();
      case Expr.Positive positive -> positive.operand();
      case Expr.Negation negation -> negation.operand();
      case Expr.Binary binary when binary.op() == BinaryOp.OR -> null;
      case Expr.Binary binary when binary.left().type() == ValueType.SCALAR -> binary.right();
      case Expr.Binary binary
          when binary.op().kind() == BinaryOp.Kind.SET
              || binary.right().type() == ValueType.SCALAR ->
          binary.left();
      case Expr.Call call when Functions.perSeries(call) -> call.arguments().get(0);
      default -> null;
    };
  }

  /** The stage of a node that has something below; null when it changes nothing. */
  static @Nullable Stage of(Evaluator evaluator, Expr node, StepGrid grid) {
    return switch (node) {
      case Expr.Negation _ -> negation(grid.count());
      case Expr.Binary binary -> new BinaryOperator(evaluator, binary).stage(grid);
      case Expr.Call call -> Functions.stage(evaluator, call, grid);
      default -> null;
    };
  }

  private static Stage negation(int steps) {
    return (_, next) -> {
      Series negated = new Series(Labels.EMPTY, true, steps);
      return series -> {
        negated.reset(series.labels(), true);
        for (int step = 0; step < steps; step++) {
          FloatHistogram histogram = series.histogram(step);
          if (histogram != null) {
            negated.set(step, histogram.multiply(-1));
          } else if (series.has(step)) {
            negated.set(step, -series.value(step));
          }
        }
        next.accept(negated);
      };
    };
  }

  /** Gives the values of the first step at each of this many steps. */
  static Stage broadcast(int steps) {
    return (_, next) -> {
      Series wide = new Series(Labels.EMPTY, false, steps);
      return series -> {
        wide.reset(series.labels(), series.dropsName());
        for (int step = 0; step < steps; step++) {
          wide.copy(step, series, 0);
        }
        next.accept(wide);
      };
    };
  }
}
