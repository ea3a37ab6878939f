package io.trilith.promql;

import io.trilith.engine.GroupIndex;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.Presence;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * Whether each series of the result comes from one series of a side, so that {@link #stream}
   * does.
   */
  static boolean perSeries(Expr.Binary node) {
    return node.op().kind() == BinaryOp.Kind.SET
        || node.left().type() == ValueType.SCALAR
        || node.right().type() == ValueType.SCALAR;
  }

  Value eval(StepGrid grid) {
    if (node.type() == ValueType.SCALAR) {
      return scalars(evaluator.scalar(node.left(), grid), evaluator.scalar(node.right(), grid));
    }
    List<Series> left = evaluator.vector(node.left(), grid);
    List<Series> right = evaluator.vector(node.right(), grid);
    return new Value.Vector(new VectorJoin(evaluator, node, operations).join(left, right, grid));
  }

  void stream(StepGrid grid, SeriesSink sink) {
    if (node.left().type() == ValueType.SCALAR) {
      withScalar(node.right(), evaluator.scalar(node.left(), grid), true, grid, sink);
    } else if (node.right().type() == ValueType.SCALAR) {
      withScalar(node.left(), evaluator.scalar(node.right(), grid), false, grid, sink);
    } else {
      set(grid, sink);
    }
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

  private void withScalar(
      Expr vector, double[] scalar, boolean scalarLeft, StepGrid grid, SeriesSink sink) {
    boolean filters = node.op().kind() == BinaryOp.Kind.COMPARISON && !node.bool();
    boolean drops = node.op().kind() == BinaryOp.Kind.ARITHMETIC || node.bool();
    Series output = new Series(Labels.EMPTY, false, grid.count());
    evaluator.stream(
        vector,
        grid,
        series -> {
          output.reset(series.labels(), drops || series.dropsName());
          for (int step = 0; step < series.steps(); step++) {
            if (!series.has(step)) {
              continue;
            }
            FloatHistogram histogram = series.histogram(step);
            boolean kept =
                scalarLeft
                    ? operations.apply(scalar[step], null, series.value(step), histogram)
                    : operations.apply(series.value(step), histogram, scalar[step], null);
            if (kept && operations.histogram != null) {
              output.set(step, operations.histogram);
            } else if (kept) {
              // A filter keeps the vector's value, on whichever side it stands.
              output.set(step, filters ? series.value(step) : operations.value);
            }
          }
          if (!output.isEmpty()) {
            sink.accept(output);
          }
        });
  }

  /** Where the series of a side have values, by match group. */
  private final class Side {
    private final GroupIndex groups = new GroupIndex();
    private final List<Presence> presence = new ArrayList<>();
    private final LabelGrouping signature = node.matching().signature();

    void add(Series series) {
      int group = groups.of(signature, series.labels());
      if (group == presence.size()) {
        evaluator.context().budget().addBytes(160 + series.steps() / 8);
        presence.add(new Presence(series.steps()));
      }
      Presence here = presence.get(group);
      for (int step = 0; step < series.steps(); step++) {
        if (series.has(step)) {
          here.set(step);
        }
      }
    }

    /** Gives what of the series is, or is not, where this side has values. */
    void filter(Series series, boolean wantedThere, Series kept, SeriesSink sink) {
      int group = groups.find(signature, series.labels());
      if (group < 0) {
        if (!wantedThere) {
          sink.accept(series);
        }
        return;
      }
      Presence there = presence.get(group);
      kept.reset(series.labels(), series.dropsName());
      for (int step = 0; step < series.steps(); step++) {
        if (series.has(step) && there.has(step) == wantedThere) {
          kept.copy(step, series, step);
        }
      }
      if (!kept.isEmpty()) {
        sink.accept(kept);
      }
    }
  }

  private void set(StepGrid grid, SeriesSink sink) {
    Series kept = new Series(Labels.EMPTY, false, grid.count());
    Side other = new Side();
    if (node.op() == BinaryOp.OR) {
      evaluator.stream(
          node.left(),
          grid,
          series -> {
            other.add(series);
            sink.accept(series);
          });
      evaluator.stream(node.right(), grid, series -> other.filter(series, false, kept, sink));
    } else {
      boolean wantedThere = node.op() == BinaryOp.AND;
      evaluator.stream(node.right(), grid, other::add);
      evaluator.stream(node.left(), grid, s -> other.filter(s, wantedThere, kept, sink));
    }
  }
}
