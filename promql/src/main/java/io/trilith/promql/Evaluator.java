package io.trilith.promql;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.Positions;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Evaluates trees over step grids, node by node. Confined to one thread. */
final class Evaluator {
  private final String query;
  private final QueryContext context;
  private final EvaluationSettings settings;
  private final Selectors selectors;

  Evaluator(
      String query,
      Expr root,
      SeriesReader reader,
      QueryContext context,
      EvaluationSettings settings) {
    this.query = query;
    this.context = context;
    this.settings = settings;
    this.selectors = new Selectors(reader, this, ResetDetection.selectors(root));
  }

  QueryContext context() {
    return context;
  }

  EvaluationSettings settings() {
    return settings;
  }

  Selectors selectors() {
    return selectors;
  }

  void warn(String text, int position) {
    context.annotations().warn("PromQL warning: " + text + place(position));
  }

  void info(String text, int position) {
    context.annotations().info("PromQL info: " + text + place(position));
  }

  private String place(int position) {
    return " (" + Positions.lineAndColumn(query, position) + ")";
  }

  Value eval(Expr expr, StepGrid grid) {
    context.check();
    if (grid.count() > 1 && Invariance.worthwhile(expr)) {
      return broadcast(evalNode(expr, new StepGrid(grid.start(), grid.step(), 1)), grid.count());
    }
    Value value = evalNode(expr, grid);
    if (value instanceof Value.Vector vector) {
      context.budget().addBytes(16L * grid.count() * vector.series().size());
    }
    return value;
  }

  List<Series> vector(Expr expr, StepGrid grid) {
    if (eval(expr, grid) instanceof Value.Vector vector) {
      return vector.series();
    }
    throw new IllegalStateException("not a vector: " + expr.type());
  }

  double[] scalar(Expr expr, StepGrid grid) {
    if (eval(expr, grid) instanceof Value.Scalar scalar) {
      return scalar.values();
    }
    throw new IllegalStateException("not a scalar: " + expr.type());
  }

  String text(Expr expr) {
    if (expr.unwrapped() instanceof Expr.StringLiteral literal) {
      return literal.value();
    }
    throw new IllegalStateException("not a string: " + expr.type());
  }

  private Value evalNode(Expr expr, StepGrid grid) {
    return switch (expr) {
      case Expr.NumberLiteral number -> constant(number.value(), grid.count());
      case Expr.StringLiteral text -> new Value.Text(text.value());
      case Expr.Paren paren -> eval(paren.inner(), grid);
      case Expr.Positive positive -> eval(positive.operand(), grid);
      case Expr.Negation negation -> negate(eval(negation.operand(), grid));
      case Expr.VectorSelector selector ->
          new Value.Vector(selectors.instant(selector, grid, Selectors.Wanted.SAMPLE));
      case Expr.Aggregation aggregation -> new Aggregator(this, aggregation).eval(grid);
      case Expr.Binary binary -> new BinaryOperator(this, binary).eval(grid);
      case Expr.Call call -> Functions.eval(this, call, grid);
      case Expr.MatrixSelector _, Expr.Subquery _ ->
          throw new IllegalStateException("range vector outside of a function");
    };
  }

  static Value.Scalar constant(double value, int steps) {
    double[] values = new double[steps];
    Arrays.fill(values, value);
    return new Value.Scalar(values);
  }

  private static Value negate(Value value) {
    return switch (value) {
      case Value.Text text -> text;
      case Value.Scalar scalar -> {
        double[] negated = new double[scalar.values().length];
        Arrays.setAll(negated, i -> -scalar.values()[i]);
        yield new Value.Scalar(negated);
      }
      case Value.Vector vector -> {
        List<Series> negated = new ArrayList<>();
        for (Series series : vector.series()) {
          negated.add(negate(series));
        }
        yield new Value.Vector(negated);
      }
    };
  }

  private static Series negate(Series series) {
    Series negated = new Series(series.labels(), true, series.steps());
    for (int step = 0; step < series.steps(); step++) {
      FloatHistogram histogram = series.histogram(step);
      if (histogram != null) {
        negated.set(step, histogram.multiply(-1));
      } else if (series.has(step)) {
        negated.set(step, -series.value(step));
      }
    }
    return negated;
  }

  private static Value broadcast(Value value, int steps) {
    return switch (value) {
      case Value.Text text -> text;
      case Value.Scalar scalar -> constant(scalar.values()[0], steps);
      case Value.Vector vector -> {
        List<Series> wide = new ArrayList<>();
        for (Series series : vector.series()) {
          Series copy = new Series(series.labels(), series.dropsName(), steps);
          for (int step = 0; step < steps; step++) {
            copy.copy(step, series, 0);
          }
          wide.add(copy);
        }
        yield new Value.Vector(wide);
      }
    };
  }
}
