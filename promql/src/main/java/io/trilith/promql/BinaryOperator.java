package io.trilith.promql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.Presence;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates one binary operator. Confined to one thread. */
final class BinaryOperator {
  private final Evaluator evaluator;
  private final Expr.Binary node;
  private final Operations operations;

  BinaryOperator(Evaluator evaluator, Expr.Binary node) {
    this.evaluator = evaluator;
    this.node = node;
    this.operations = new Operations(evaluator, node.op(), node.bool(), node.position());
  }

  Value eval(StepGrid grid) {
    boolean leftScalar = node.left().type() == ValueType.SCALAR;
    boolean rightScalar = node.right().type() == ValueType.SCALAR;
    if (leftScalar && rightScalar) {
      return scalars(evaluator.scalar(node.left(), grid), evaluator.scalar(node.right(), grid));
    }
    if (leftScalar) {
      double[] scalar = evaluator.scalar(node.left(), grid);
      return withScalar(evaluator.vector(node.right(), grid), scalar, true);
    }
    if (rightScalar) {
      List<Series> vector = evaluator.vector(node.left(), grid);
      return withScalar(vector, evaluator.scalar(node.right(), grid), false);
    }
    List<Series> left = evaluator.vector(node.left(), grid);
    List<Series> right = evaluator.vector(node.right(), grid);
    if (node.op().kind() == BinaryOp.Kind.SET) {
      return new Value.Vector(set(left, right, grid));
    }
    return new Value.Vector(new VectorJoin(evaluator, node, operations).join(left, right, grid));
  }

  private Value scalars(double[] left, double[] right) {
    double[] values = new double[left.length];
    for (int step = 0; step < values.length; step++) {
      if (node.op().kind() == BinaryOp.Kind.COMPARISON) {
        values[step] = Operations.compare(node.op(), left[step], right[step]) ? 1 : 0;
      } else if (node.op().kind() == BinaryOp.Kind.ARITHMETIC) {
        values[step] = Operations.arithmetic(node.op(), left[step], right[step]);
      } else {
        throw new ExecutionException(
            "operator \"" + node.op().text() + "\" not allowed for Scalar operations");
      }
    }
    return new Value.Scalar(values);
  }

  private Value withScalar(List<Series> vector, double[] scalar, boolean scalarLeft) {
    boolean filters = node.op().kind() == BinaryOp.Kind.COMPARISON && !node.bool();
    boolean drops = node.op().kind() == BinaryOp.Kind.ARITHMETIC || node.bool();
    List<Series> result = new ArrayList<>();
    for (Series series : vector) {
      Series output = new Series(series.labels(), drops || series.dropsName(), series.steps());
      for (int step = 0; step < series.steps(); step++) {
        if (!series.has(step)) {
          continue;
        }
        FloatHistogram histogram = series.histogram(step);
        boolean kept =
            scalarLeft
                ? operations.apply(scalar[step], null, series.value(step), histogram)
                : operations.apply(series.value(step), histogram, scalar[step], null);
        if (!kept) {
          continue;
        }
        if (operations.histogram != null) {
          output.set(step, operations.histogram);
        } else {
          // A filter keeps the vector's value, on whichever side it stands.
          output.set(step, filters ? series.value(step) : operations.value);
        }
      }
      if (!output.isEmpty()) {
        result.add(output);
      }
    }
    return new Value.Vector(result);
  }

  private List<Series> set(List<Series> left, List<Series> right, StepGrid grid) {
    LabelGrouping signature = node.matching().signature();
    return switch (node.op()) {
      case AND -> filtered(left, presence(right, signature, grid), signature, true);
      case UNLESS -> filtered(left, presence(right, signature, grid), signature, false);
      default -> {
        List<Series> either = new ArrayList<>(left);
        either.addAll(filtered(right, presence(left, signature, grid), signature, false));
        yield either;
      }
    };
  }

  private static Map<Labels, Presence> presence(
      List<Series> vector, LabelGrouping signature, StepGrid grid) {
    Map<Labels, Presence> presence = new HashMap<>();
    for (Series series : vector) {
      Presence here =
          presence.computeIfAbsent(
              signature.of(series.labels()), key -> new Presence(grid.count()));
      for (int step = 0; step < grid.count(); step++) {
        if (series.has(step)) {
          here.set(step);
        }
      }
    }
    return presence;
  }

  private static List<Series> filtered(
      List<Series> vector,
      Map<Labels, Presence> other,
      LabelGrouping signature,
      boolean wantedThere) {
    List<Series> result = new ArrayList<>();
    for (Series series : vector) {
      Presence there = other.get(signature.of(series.labels()));
      if (there == null) {
        if (!wantedThere) {
          result.add(series);
        }
        continue;
      }
      Series kept = new Series(series.labels(), series.dropsName(), series.steps());
      for (int step = 0; step < series.steps(); step++) {
        if (series.has(step) && there.has(step) == wantedThere) {
          kept.copy(step, series, step);
        }
      }
      if (!kept.isEmpty()) {
        result.add(kept);
      }
    }
    return result;
  }
}
