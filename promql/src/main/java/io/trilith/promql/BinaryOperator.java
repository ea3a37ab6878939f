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

  BinaryOperator(Evaluator evaluator, Expr.Binary node) {
    this.evaluator = evaluator;
    this.node = node;
  }

  /** The value of an operator with a scalar on either side. */
  Value scalars(StepGrid grid) {
    double[] left = evaluator.scalar(node.left(), grid);
    double[] right = evaluator.scalar(node.right(), grid);
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

  /** The stage of an operator with a scalar, of {@code and}, or of {@code unless}. */
  Stage stage(StepGrid grid) {
    if (node.left().type() == ValueType.SCALAR) {
      return withScalar(evaluator.scalar(node.left(), grid), true);
    }
    if (node.right().type() == ValueType.SCALAR) {
      return withScalar(evaluator.scalar(node.right(), grid), false);
    }
    boolean wantedThere = node.op() == BinaryOp.AND;
    Side right = new Side();
    evaluator.stream(node.right(), grid, right::add);
    return (_, next) -> {
      Series kept = new Series(Labels.EMPTY, false, grid.count());
      return series -> right.filter(series, wantedThere, kept, next);
    };
  }

  /** Gives the series of {@code or}, or of an operator that pairs two vectors. */
  void stream(StepGrid grid, SeriesSink sink) {
    if (node.op() == BinaryOp.OR) {
      union(grid, sink);
    } else {
      Operations operations = new Operations(evaluator, node.op(), node.bool(), node.position());
      new VectorJoin(evaluator, node, operations, grid).stream(grid, sink);
    }
  }

  private Stage withScalar(double[] scalar, boolean scalarLeft) {
    boolean drops = node.op().kind() == BinaryOp.Kind.ARITHMETIC || node.bool();
    return (lane, next) -> {
      Operations operations = new Operations(lane, node.op(), node.bool(), node.position());
      Series output = new Series(Labels.EMPTY, false, scalar.length);
      return series -> {
        output.reset(series.labels(), drops || series.dropsName());
        if (operations.arithmetic() && !series.hasHistograms()) {
          output.presence().add(series.presence());
          operations.compute(
              scalarLeft ? scalar : series.values(),
              scalarLeft ? series.values() : scalar,
              output.values());
        } else {
          apply(operations, scalar, scalarLeft, series, output);
        }
        if (!output.isEmpty()) {
          next.accept(output);
        }
      };
    };
  }

  private void apply(
      Operations operations, double[] scalar, boolean scalarLeft, Series series, Series output) {
    boolean filters = node.op().kind() == BinaryOp.Kind.COMPARISON && !node.bool();
    for (int step = 0; step < scalar.length; step++) {
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
  }

  /** Where the series of a side have values, by match group. Once filled, thread-safe. */
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
      presence.get(group).add(series.presence());
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

  private void union(StepGrid grid, SeriesSink sink) {
    Series kept = new Series(Labels.EMPTY, false, grid.count());
    Side left = new Side();
    evaluator.stream(
        node.left(),
        grid,
        series -> {
          left.add(series);
          sink.accept(series);
        });
    evaluator.stream(node.right(), grid, series -> left.filter(series, false, kept, sink));
  }
}
