package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Functions of a range vector: slides a window over every series. */
final class RangeFunctions {
  /** Samples in windows after which deadline and client are looked at. */
  private static final int CHECK_EVERY = 65_536;

  private RangeFunctions() {}

  /** Where the windows of a range vector are, and what they slide over. */
  private sealed interface Source {
    long range();

    Expr.Shift shift();

    default Expr.Edge edge() {
      return Expr.Edge.PLAIN;
    }

    /** Gives the samples series by series; they are valid until the taker returns. */
    void forEach(Evaluator evaluator, StepGrid grid, Consumer<SampleColumns> taker);
  }

  private record Stored(Expr.MatrixSelector selector, long range) implements Source {
    @Override
    public Expr.Shift shift() {
      return selector.selector().shift();
    }

    @Override
    public Expr.Edge edge() {
      return selector.selector().edge();
    }

    @Override
    public void forEach(Evaluator evaluator, StepGrid grid, Consumer<SampleColumns> taker) {
      evaluator.selectors().range(selector, grid, range, taker);
    }
  }

  private record Computed(Expr.Subquery subquery, long range) implements Source {
    @Override
    public Expr.Shift shift() {
      return subquery.shift();
    }

    @Override
    public void forEach(Evaluator evaluator, StepGrid grid, Consumer<SampleColumns> taker) {
      if (grid.count() == 0) {
        return;
      }
      EvaluationSettings settings = evaluator.settings();
      long step =
          subquery.step() == null
              ? settings.subqueryStepMillis()
              : settings.durations().positiveMillis(subquery.step());
      StepTimes ends = evaluator.selectors().times(subquery.shift(), grid);
      // Points are at multiples of the step whatever the query's own times are.
      long start = Math.floorDiv(ends.first() - range, step) * step + step;
      StepGrid points = StepGrid.between(start, ends.at(grid.count() - 1), step);
      evaluator.context().budget().addBytes(9L * points.count());
      for (Series series : series(evaluator.eval(subquery.inner(), points))) {
        evaluator.context().check();
        evaluator.context().budget().addSamples(series.points());
        taker.accept(SampleColumns.of(series, points));
      }
    }
  }

  private static Source source(Evaluator evaluator, Expr matrix) {
    Durations durations = evaluator.settings().durations();
    return switch (matrix) {
      case Expr.MatrixSelector selector ->
          new Stored(selector, durations.positiveMillis(selector.range()));
      case Expr.Subquery subquery ->
          new Computed(subquery, durations.positiveMillis(subquery.range()));
      default -> throw new IllegalStateException("not a range vector: " + matrix.type());
    };
  }

  /** Whether the function makes one series of each, so that {@link #stream} does. */
  static boolean perSeries(Expr.Call call) {
    return !call.function().name().equals("absent_over_time");
  }

  private static Expr matrix(Expr.Call call) {
    for (Expr argument : call.arguments()) {
      if (argument.type() == ValueType.MATRIX) {
        return argument;
      }
    }
    throw new IllegalStateException("no range vector given to " + call.function().name());
  }

  static void stream(Evaluator evaluator, Expr.Call call, StepGrid grid, SeriesSink sink) {
    Expr matrix = matrix(call);
    Source source = source(evaluator, matrix.unwrapped());
    String name = call.function().name();
    RangeKernel kernel = kernel(evaluator, call, source, grid);
    boolean dropsName = !name.equals("last_over_time") && !name.equals("first_over_time");
    Series result = new Series(Labels.EMPTY, false, grid.count());
    source.forEach(
        evaluator,
        grid,
        columns -> {
          result.reset(columns.labels, dropsName || columns.dropsName);
          Window window = new Window(columns, evaluator, matrix.position());
          slide(source, window, kernel, grid, result);
          if (!result.isEmpty()) {
            sink.accept(result);
          }
        });
  }

  private static void slide(
      Source source, Window window, RangeKernel kernel, StepGrid grid, Series result) {
    Evaluator evaluator = window.evaluator;
    StepTimes ends = evaluator.selectors().times(source.shift(), grid);
    boolean plain = source.edge() == Expr.Edge.PLAIN;
    if (plain && kernel.slide(window, ends, source.range(), result)) {
      return;
    }
    long unchecked = 0;
    for (int step = 0; step < grid.count(); step++) {
      move(window, source, ends, step);
      int samples = window.floats() + window.histograms();
      if (samples > 0) {
        kernel.apply(window, result);
      }
      unchecked += samples;
      if (unchecked > CHECK_EVERY) {
        evaluator.context().check();
        unchecked = 0;
      }
    }
  }

  private static void move(Window window, Source source, StepTimes ends, int step) {
    long end = ends.at(step);
    long start = end - source.range();
    if (source.edge() == Expr.Edge.PLAIN) {
      window.moveTo(step, start, end);
    } else {
      long lookback = window.evaluator.settings().lookbackMillis();
      long until = source.edge() == Expr.Edge.SMOOTHED ? end + lookback : end;
      window.moveTo(step, start, end, start - lookback, until);
    }
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
    Source source = source(evaluator, matrix);
    long end = evaluator.selectors().time(source.shift(), grid, 0);
    List<SampleColumns> found = new ArrayList<>();
    source.forEach(
        evaluator,
        grid,
        columns -> {
          SampleColumns cut = columns.between(end - source.range(), end);
          int samples = cut.floats.length + cut.histograms.length;
          if (samples > 0) {
            evaluator.context().budget().addBytes(16L * samples + 128);
            found.add(cut);
          }
        });
    return found;
  }

  static Value absent(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    Expr matrix = matrix(call);
    Source source = source(evaluator, matrix.unwrapped());
    boolean[] found = new boolean[grid.count()];
    source.forEach(
        evaluator,
        grid,
        columns -> {
          Window window = new Window(columns, evaluator, matrix.position());
          StepTimes ends = evaluator.selectors().times(source.shift(), grid);
          for (int step = 0; step < found.length; step++) {
            move(window, source, ends, step);
            found[step] |= window.floats() + window.histograms() > 0;
          }
        });
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
