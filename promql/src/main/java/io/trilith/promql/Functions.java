package io.trilith.promql;

import io.trilith.engine.Presence;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls a function of the language. */
final class Functions {
  private Functions() {}

  /** The value of a scalar call, or of one that makes a list. */
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
      case "scalar" -> scalar(evaluator, call.arguments().get(0), grid);
      case "absent" -> absent(evaluator, call.arguments().get(0), grid);
      case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc" ->
          SortFunctions.eval(evaluator, call, grid);
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

  private static Value scalar(Evaluator evaluator, Expr argument, StepGrid grid) {
    double[] values = new double[grid.count()];
    int[] seen = new int[grid.count()];
    evaluator.stream(
        argument,
        grid,
        series -> {
          for (int step = 0; step < values.length; step++) {
            if (series.has(step) && series.histogram(step) == null) {
              seen[step]++;
              values[step] = series.value(step);
            }
          }
        });
    for (int step = 0; step < values.length; step++) {
      if (seen[step] != 1) {
        values[step] = Double.NaN;
      }
    }
    return new Value.Scalar(values);
  }

  private static Value absent(Evaluator evaluator, Expr argument, StepGrid grid) {
    Presence found = new Presence(grid.count());
    evaluator.stream(argument, grid, series -> found.add(series.presence()));
    Series absent = new Series(AbsentLabels.of(argument), false, grid.count());
    for (int step = 0; step < grid.count(); step++) {
      if (!found.has(step)) {
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

  /** Whether the call is a stage. */
  static boolean perSeries(Expr.Call call) {
    return !overRange(call) && (ElementFunctions.perSeries(call) || tellsStepTimes(call));
  }

  private static boolean ofTimes(Expr.Call call) {
    String name = call.function().name();
    return name.equals("timestamp") || name.equals("start_timestamp");
  }

  /** Whether it tells the times of the steps, not those of samples. */
  static boolean tellsStepTimes(Expr.Call call) {
    return ofTimes(call) && plainSelector(call) == null;
  }

  private static Expr.@Nullable VectorSelector plainSelector(Expr.Call call) {
    return call.arguments().get(0).unwrapped() instanceof Expr.VectorSelector selector
            && selector.edge() == Expr.Edge.PLAIN
        ? selector
        : null;
  }

  /** Whether the call is a {@link #source}. */
  static boolean reads(Expr.Call call) {
    return overRange(call)
        ? RangeFunctions.perSeries(call)
        : ofTimes(call) && plainSelector(call) != null;
  }

  /** The series of a call that makes them one by one from samples; null when it does not. */
  static @Nullable SeriesSource source(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    if (!reads(call)) {
      return null;
    }
    Expr.VectorSelector selector = overRange(call) ? null : plainSelector(call);
    if (selector == null) {
      return RangeFunctions.source(evaluator, call, grid);
    }
    boolean ofStart = call.function().name().equals("start_timestamp");
    return evaluator
        .selectors()
        .instant(
            selector,
            selector.matchers(),
            grid,
            ofStart ? Selectors.Wanted.START_TIMESTAMP : Selectors.Wanted.TIMESTAMP);
  }

  /** Whether the call makes series one by one, though not each of one. */
  static boolean streams(Expr.Call call) {
    return switch (call.function().name()) {
      case "label_replace",
          "label_join",
          "info",
          "histogram_quantile",
          "histogram_quantiles",
          "histogram_fraction" ->
          true;
      default -> false;
    };
  }

  /** Gives the series of a call that {@link #streams}. */
  static void stream(Evaluator evaluator, Expr.Call call, StepGrid grid, SeriesSink sink) {
    switch (call.function().name()) {
      case "label_replace", "label_join" -> LabelFunctions.stream(evaluator, call, grid, sink);
      case "info" -> new InfoFunction(evaluator, call).stream(grid, sink);
      default -> new HistogramFunctions(evaluator, call).stream(grid, sink);
    }
  }

  /** The stage of a call that is {@link #perSeries}. */
  static Stage stage(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    return ofTimes(call)
        ? times(call.function().name().equals("start_timestamp"), grid)
        : ElementFunctions.stage(evaluator, call, grid);
  }

  private static Stage times(boolean ofStart, StepGrid grid) {
    return (_, next) -> {
      Series times = new Series(Labels.EMPTY, true, grid.count());
      return series -> {
        times.reset(series.labels(), true);
        for (int step = 0; step < grid.count() && !ofStart; step++) {
          if (series.has(step)) {
            times.set(step, grid.time(step) / 1000.0);
          }
        }
        if (!times.isEmpty()) {
          next.accept(times);
        }
      };
    };
  }
}
