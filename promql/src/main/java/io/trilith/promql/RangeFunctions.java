package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;

/** Functions of a range vector: slides a window over every series. */
final class RangeFunctions {
  private RangeFunctions() {}

  /** Where the windows of a range vector are, and what they slide over. */
  private record Source(List<SampleColumns> series, long range, Expr.Shift shift, Expr.Edge edge) {}

  static Value eval(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    int matrixAt = 0;
    while (call.arguments().get(matrixAt).type() != ValueType.MATRIX) {
      matrixAt++;
    }
    Expr matrix = call.arguments().get(matrixAt);
    Source source = source(evaluator, matrix.unwrapped(), grid);
    String name = call.function().name();
    if (name.equals("absent_over_time")) {
      return absent(evaluator, source, matrix, grid);
    }
    RangeKernel kernel = kernel(evaluator, call, source, grid);
    boolean dropsName = !name.equals("last_over_time") && !name.equals("first_over_time");
    List<Series> result = new ArrayList<>();
    for (SampleColumns columns : source.series()) {
      evaluator.context().check();
      Series series = new Series(columns.labels, dropsName || columns.dropsName, grid.count());
      Window window = new Window(columns, evaluator, matrix.position());
      for (int step = 0; step < grid.count(); step++) {
        move(evaluator, window, source, grid, step);
        if (window.floats() + window.histograms() > 0) {
          kernel.apply(window, series);
        }
      }
      if (!series.isEmpty()) {
        result.add(series);
      }
    }
    return new Value.Vector(result);
  }

  private static void move(
      Evaluator evaluator, Window window, Source source, StepGrid grid, int step) {
    long end = evaluator.selectors().time(source.shift(), grid, step);
    long start = end - source.range();
    if (source.edge() == Expr.Edge.PLAIN) {
      window.moveTo(step, start, end);
    } else {
      long lookback = evaluator.settings().lookbackMillis();
      long until = source.edge() == Expr.Edge.SMOOTHED ? end + lookback : end;
      window.moveTo(step, start, end, start - lookback, until);
    }
  }

  private static Source source(Evaluator evaluator, Expr matrix, StepGrid grid) {
    return switch (matrix) {
      case Expr.MatrixSelector selector -> {
        long range = evaluator.settings().durations().positiveMillis(selector.range());
        yield new Source(
            evaluator.selectors().range(selector, grid, range),
            range,
            selector.selector().shift(),
            selector.selector().edge());
      }
      case Expr.Subquery subquery -> subquery(evaluator, subquery, grid);
      default -> throw new IllegalStateException("not a range vector: " + matrix.type());
    };
  }

  private static Source subquery(Evaluator evaluator, Expr.Subquery subquery, StepGrid grid) {
    EvaluationSettings settings = evaluator.settings();
    long range = settings.durations().positiveMillis(subquery.range());
    long step =
        subquery.step() == null
            ? settings.subqueryStepMillis()
            : settings.durations().positiveMillis(subquery.step());
    List<SampleColumns> columns = new ArrayList<>();
    if (grid.count() > 0) {
      long first = evaluator.selectors().time(subquery.shift(), grid, 0) - range;
      long last = evaluator.selectors().time(subquery.shift(), grid, grid.count() - 1);
      // Points are at multiples of the step whatever the query's own times are.
      long start = Math.floorDiv(first, step) * step + step;
      StepGrid points = StepGrid.between(start, last, step);
      evaluator.context().budget().addBytes(9L * points.count());
      for (Series series : series(evaluator.eval(subquery.inner(), points))) {
        evaluator.context().budget().addSamples(series.points());
        evaluator.context().budget().addBytes(16L * series.points());
        columns.add(SampleColumns.of(series, points));
      }
    }
    return new Source(columns, range, subquery.shift(), Expr.Edge.PLAIN);
  }

  private static List<Series> series(Value value) {
    return switch (value) {
      case Value.Vector vector -> NameRemoval.merge(vector.series());
      case Value.Scalar scalar -> List.of(ofScalar(scalar.values()));
      case Value.Text _ -> throw new IllegalStateException("subquery of a string");
    };
  }

  /** A series without labels of a number per step. */
  static Series ofScalar(double[] values) {
    Series series = new Series(Labels.EMPTY, false, values.length);
    for (int step = 0; step < values.length; step++) {
      series.set(step, values[step]);
    }
    return series;
  }

  /** The samples a range vector has at the first step of the grid. */
  static List<SampleColumns> samples(Evaluator evaluator, Expr matrix, StepGrid grid) {
    Source source = source(evaluator, matrix, grid);
    long end = evaluator.selectors().time(source.shift(), grid, 0);
    List<SampleColumns> found = new ArrayList<>();
    for (SampleColumns columns : source.series()) {
      SampleColumns cut = columns.between(end - source.range(), end);
      if (cut.floats.length + cut.histograms.length > 0) {
        found.add(cut);
      }
    }
    return found;
  }

  private static Value absent(Evaluator evaluator, Source source, Expr matrix, StepGrid grid) {
    boolean[] found = new boolean[grid.count()];
    for (SampleColumns columns : source.series()) {
      Window window = new Window(columns, evaluator, matrix.position());
      for (int step = 0; step < grid.count(); step++) {
        move(evaluator, window, source, grid, step);
        found[step] |= window.floats() + window.histograms() > 0;
      }
    }
    Series absent = new Series(AbsentLabels.of(matrix), false, grid.count());
    for (int step = 0; step < grid.count(); step++) {
      if (!found[step]) {
        absent.set(step, 1);
      }
    }
    return new Value.Vector(absent.isEmpty() ? List.of() : List.of(absent));
  }

  private static RangeKernel kernel(
      Evaluator evaluator, Expr.Call call, Source source, StepGrid grid) {
    String name = call.function().name();
    List<Expr> arguments = call.arguments();
    boolean extended = source.edge() != Expr.Edge.PLAIN;
    return switch (name) {
      case "rate", "increase", "delta" ->
          extended
              ? new ExtendedRate(name, source.edge() == Expr.Edge.SMOOTHED)
              : new RateKernel(name);
      case "irate", "idelta" -> new InstantRateKernel(name.equals("irate"));
      case "resets", "changes" -> new TransitionKernel(name.equals("resets"), extended);
      case "deriv" -> RegressionKernels.derivative();
      case "predict_linear" ->
          RegressionKernels.prediction(evaluator.scalar(arguments.get(1), grid), grid);
      case "double_exponential_smoothing" ->
          RegressionKernels.smoothing(
              evaluator.scalar(arguments.get(1), grid), evaluator.scalar(arguments.get(2), grid));
      case "quantile_over_time" ->
          OverTimeKernels.quantile(
              evaluator.scalar(arguments.get(0), grid), arguments.get(0).position());
      default -> OverTimeKernels.of(name);
    };
  }
}
