package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.Positions;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

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

  /**
   * The value of an expression. Of the bytes that were taken on the way there only those of the
   * value stay taken: all else is garbage then.
   */
  Value eval(Expr expr, StepGrid grid) {
    context.check();
    QueryBudget budget = context.budget();
    long before = budget.bytes();
    Value value = evalNode(expr, grid);
    long kept = before;
    if (value instanceof Value.Vector vector) {
      kept += Series.bytes(grid.count()) * vector.series().size();
    }
    long taken = budget.bytes();
    if (taken > kept) {
      budget.giveBack(taken - kept);
    } else {
      budget.addBytes(kept - taken);
    }
    return value;
  }

  /** Gives the series of a vector one by one; where that is possible none of them is kept. */
  void stream(Expr expr, StepGrid grid, SeriesSink sink) {
    if (isFixed(expr, grid)) {
      Series wide = new Series(Labels.EMPTY, false, grid.count());
      stream(expr, oneStep(grid), series -> sink.accept(broadcast(series, wide)));
      return;
    }
    switch (expr) {
      case Expr.Paren paren -> stream(paren.inner(), grid, sink);
      case Expr.Positive positive -> stream(positive.operand(), grid, sink);
      case Expr.Negation negation -> {
        Series negated = new Series(Labels.EMPTY, true, grid.count());
        stream(negation.operand(), grid, series -> sink.accept(negate(series, negated)));
      }
      case Expr.VectorSelector selector ->
          selectors.instant(selector, selector.matchers(), grid, Selectors.Wanted.SAMPLE, sink);
      case Expr.Aggregation aggregation -> new Aggregator(this, aggregation).stream(grid, sink);
      case Expr.Binary binary when BinaryOperator.perSeries(binary) ->
          new BinaryOperator(this, binary).stream(grid, sink);
      case Expr.Call call when Functions.perSeries(call) ->
          Functions.stream(this, call, grid, sink);
      default -> {
        for (Series series : vector(expr, grid)) {
          if (!series.isEmpty()) {
            sink.accept(series);
          }
        }
      }
    }
  }

  private static boolean isFixed(Expr expr, StepGrid grid) {
    return grid.count() > 1 && Invariance.worthwhile(expr);
  }

  private static StepGrid oneStep(StepGrid grid) {
    return new StepGrid(grid.start(), grid.step(), 1);
  }

  /** Copies of the series that somebody streams. */
  List<Series> collect(StepGrid grid, Consumer<SeriesSink> source) {
    List<Series> series = new ArrayList<>();
    source.accept(
        given -> {
          context.budget().addBytes(Series.bytes(grid.count()));
          series.add(given.copy());
        });
    return series;
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
    if (isFixed(expr, grid)) {
      return broadcast(eval(expr, oneStep(grid)), grid.count());
    }
    return switch (expr) {
      case Expr.NumberLiteral number -> constant(number.value(), grid.count());
      case Expr.StringLiteral text -> new Value.Text(text.value());
      case Expr.Paren paren -> eval(paren.inner(), grid);
      case Expr.Positive positive -> eval(positive.operand(), grid);
      case Expr.Negation negation when negation.type() == ValueType.SCALAR ->
          negate(scalar(negation.operand(), grid));
      case Expr.Binary binary when !BinaryOperator.perSeries(binary) || isScalar(binary) ->
          new BinaryOperator(this, binary).eval(grid);
      case Expr.Call call when !Functions.perSeries(call) -> Functions.eval(this, call, grid);
      case Expr.VectorSelector _, Expr.Negation _, Expr.Aggregation _, Expr.Binary _, Expr.Call _ ->
          new Value.Vector(collect(grid, sink -> stream(expr, grid, sink)));
      case Expr.MatrixSelector _, Expr.Subquery _ ->
          throw new IllegalStateException("range vector outside of a function");
    };
  }

  private static boolean isScalar(Expr expr) {
    return expr.type() == ValueType.SCALAR;
  }

  static Value.Scalar constant(double value, int steps) {
    double[] values = new double[steps];
    Arrays.fill(values, value);
    return new Value.Scalar(values);
  }

  private static Value negate(double[] values) {
    double[] negated = new double[values.length];
    Arrays.setAll(negated, i -> -values[i]);
    return new Value.Scalar(negated);
  }

  private static Series negate(Series series, Series negated) {
    negated.reset(series.labels(), true);
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

  private Value broadcast(Value value, int steps) {
    return switch (value) {
      case Value.Text text -> text;
      case Value.Scalar scalar -> constant(scalar.values()[0], steps);
      case Value.Vector vector -> {
        context.budget().addBytes(Series.bytes(steps) * vector.series().size());
        List<Series> wide = new ArrayList<>();
        for (Series series : vector.series()) {
          wide.add(broadcast(series, new Series(Labels.EMPTY, false, steps)));
        }
        yield new Value.Vector(wide);
      }
    };
  }

  private static Series broadcast(Series series, Series wide) {
    wide.reset(series.labels(), series.dropsName());
    for (int step = 0; step < wide.steps(); step++) {
      wide.copy(step, series, 0);
    }
    return wide;
  }
}
