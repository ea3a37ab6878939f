package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import java.util.Arrays;
import java.util.List;

/** Calls a function of the language. */
final class Functions {
  private Functions() {}

  /** The value of a call that is not {@link #perSeries}. */
  static Value eval(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    String name = call.function().name();
    if (overRange(call)) {
      return RangeFunctions.absent(evaluator, call, grid);
    }
    EvaluationSettings settings = evaluator.settings();
    return switch (name) {
      case "time" -> times(grid);
      case "pi" -> Evaluator.constant(Math.PI, grid.count());
      case "start" -> Evaluator.constant(settings.start() / 1000.0, grid.count());
      case "end" -> Evaluator.constant(settings.end() / 1000.0, grid.count());
      case "step" -> Evaluator.constant(settings.step() / 1000.0, grid.count());
      case "range" ->
          Evaluator.constant((settings.end() - settings.start()) / 1000.0, grid.count());
      case "min_of", "max_of" -> pick(evaluator, call, grid);
      case "vector" -> vector(evaluator.scalar(call.arguments().get(0), grid));
      case "scalar" -> scalar(evaluator.vector(call.arguments().get(0), grid), grid);
      case "absent" -> absent(evaluator, call, grid);
      case "label_replace", "label_join" -> LabelFunctions.eval(evaluator, call, grid);
      case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc" ->
          SortFunctions.eval(evaluator, call, grid);
      case "info" -> new InfoFunction(evaluator, call).eval(grid);
      case "histogram_quantile", "histogram_quantiles", "histogram_fraction" ->
          new HistogramFunctions(evaluator, call).eval(grid);
      default -> ElementFunctions.now(call, grid);
    };
  }

  private static Value times(StepGrid grid) {
    double[] values = new double[grid.count()];
    Arrays.setAll(values, i -> grid.time(i) / 1000.0);
    return new Value.Scalar(values);
  }

  private static Value pick(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    double[] left = evaluator.scalar(call.arguments().get(0), grid);
    double[] right = evaluator.scalar(call.arguments().get(1), grid);
    boolean smaller = call.function().name().equals("min_of");
    double[] picked = new double[left.length];
    Arrays.setAll(picked, i -> smaller ? Math.min(left[i], right[i]) : Math.max(left[i], right[i]));
    return new Value.Scalar(picked);
  }

  private static Value vector(double[] values) {
    Series series = new Series(Labels.EMPTY, false, values.length);
    for (int step = 0; step < values.length; step++) {
      series.set(step, values[step]);
    }
    return new Value.Vector(values.length == 0 ? List.of() : List.of(series));
  }

  private static Value scalar(List<Series> vector, StepGrid grid) {
    double[] values = new double[grid.count()];
    int[] seen = new int[grid.count()];
    for (Series series : vector) {
      for (int step = 0; step < values.length; step++) {
        if (series.has(step) && series.histogram(step) == null) {
          seen[step]++;
          values[step] = series.value(step);
        }
      }
    }
    for (int step = 0; step < values.length; step++) {
      if (seen[step] != 1) {
        values[step] = Double.NaN;
      }
    }
    return new Value.Scalar(values);
  }

  private static Value absent(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    Expr argument = call.arguments().get(0);
    Series absent = new Series(AbsentLabels.of(argument), false, grid.count());
    List<Series> vector = evaluator.vector(argument, grid);
    for (int step = 0; step < grid.count(); step++) {
      boolean found = false;
      for (int i = 0; i < vector.size() && !found; i++) {
        found = vector.get(i).has(step);
      }
      if (!found) {
        absent.set(step, 1);
      }
    }
    return new Value.Vector(absent.isEmpty() ? List.of() : List.of(absent));
  }

  private static boolean overRange(Expr.Call call) {
    for (Expr argument : call.arguments()) {
      if (argument.type() == ValueType.MATRIX) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the call makes at most one series of each it is given, so that {@link #stream} does.
   */
  static boolean perSeries(Expr.Call call) {
    String name = call.function().name();
    return overRange(call)
        ? RangeFunctions.perSeries(call)
        : name.equals("timestamp")
            || name.equals("start_timestamp")
            || ElementFunctions.perSeries(call);
  }

  static void stream(Evaluator evaluator, Expr.Call call, StepGrid grid, SeriesSink sink) {
    if (overRange(call)) {
      RangeFunctions.stream(evaluator, call, grid, sink);
    } else if (ElementFunctions.perSeries(call)) {
      ElementFunctions.stream(evaluator, call, grid, sink);
    } else {
      timestamps(evaluator, call, grid, sink);
    }
  }

  private static void timestamps(
      Evaluator evaluator, Expr.Call call, StepGrid grid, SeriesSink sink) {
    Expr argument = call.arguments().get(0);
    boolean ofStart = call.function().name().equals("start_timestamp");
    boolean plain =
        argument.unwrapped() instanceof Expr.VectorSelector s && s.edge() == Expr.Edge.PLAIN;
    if (plain && argument.unwrapped() instanceof Expr.VectorSelector selector) {
      Selectors.Wanted wanted =
          ofStart ? Selectors.Wanted.START_TIMESTAMP : Selectors.Wanted.TIMESTAMP;
      evaluator.selectors().instant(selector, selector.matchers(), grid, wanted, sink);
      return;
    }
    Series times = new Series(Labels.EMPTY, true, grid.count());
    evaluator.stream(
        argument,
        grid,
        series -> {
          times.reset(series.labels(), true);
          for (int step = 0; step < grid.count() && !ofStart; step++) {
            if (series.has(step)) {
              times.set(step, grid.time(step) / 1000.0);
            }
          }
          if (!times.isEmpty()) {
            sink.accept(times);
          }
        });
  }
}
