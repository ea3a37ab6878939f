package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Detail.Aggregate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Functions of a range vector: slides a window over every series. */
final class RangeFunctions {
  private RangeFunctions() {}

  /** Where the windows of a range vector are, and what they slide over. */
  private sealed interface Source {
    long range();

    Expr.Shift shift();

    default Expr.Edge edge() {
      return Expr.Edge.PLAIN;
    }

    /** Finds the series, on the query's thread. */
    SampleSource open(Evaluator evaluator, StepGrid grid);
  }

  private record Stored(Expr.MatrixSelector selector, long range, Aggregate wanted)
      implements Source {
    @Override
    public Expr.Shift shift() {
      return selector.selector().shift();
    }

    @Override
    public Expr.Edge edge() {
      return selector.selector().edge();
    }

    @Override
    public SampleSource open(Evaluator evaluator, StepGrid grid) {
      return evaluator.selectors().range(selector, grid, range, wanted);
    }
  }

  private record Computed(Expr.Subquery subquery, long range) implements Source {
    @Override
    public Expr.Shift shift() {
      return subquery.shift();
    }

    @Override
    public SampleSource open(Evaluator evaluator, StepGrid grid) {
      if (grid.count() == 0) {
        return new Points(List.of(), grid);
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
      return new Points(series(evaluator.evalSubquery(subquery.inner(), points)), points);
    }
  }

  /** Series over the points of a subquery. */
  private record Points(List<Series> series, StepGrid grid) implements SampleSource {
    @Override
    public int size() {
      return series.size();
    }

    @Override
    public void run(int from, int to, Lane lane, Consumer<SampleColumns> taker) {
      for (int i = from; i < to; i++) {
        int points = series.get(i).points();
        lane.saw(64 + points);
        lane.evaluator().context().budget().addSamples(points);
        taker.accept(SampleColumns.of(series.get(i), grid));
      }
    }
  }

  /** What a function wants of the samples of its windows. */
  private static Aggregate wanted(String function) {
    return switch (function) {
      case "rate", "increase" -> Aggregate.CHANGE;
      case "delta",
          "first_over_time",
          "last_over_time",
          "ts_of_first_over_time",
          "ts_of_last_over_time",
          "present_over_time",
          "absent_over_time" ->
          Aggregate.ENDS;
      case "min_over_time" -> Aggregate.LEAST;
      case "max_over_time" -> Aggregate.GREATEST;
      case "sum_over_time", "count_over_time", "avg_over_time" -> Aggregate.SUM;
      default -> Aggregate.SAMPLES;
    };
  }

  private static Source source(Evaluator evaluator, Expr matrix, Aggregate wanted) {
    Durations durations = evaluator.settings().durations();
    return switch (matrix) {
      case Expr.MatrixSelector selector ->
          new Stored(selector, durations.positiveMillis(selector.range()), wanted);
      case Expr.Subquery subquery ->
          new Computed(subquery, durations.positiveMillis(subquery.range()));
      default -> throw new IllegalStateException("not a range vector: " + matrix.type());
    };
  }

  /** Whether the function makes one series of each, so that there is a {@link #source}. */
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

  /** The results of the windows of each series. */
  static SeriesSource source(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    Expr matrix = matrix(call);
    Source source = source(evaluator, matrix.unwrapped(), wanted(call.function().name()));
    Supplier<RangeKernel> kernels = kernels(evaluator, call, source, grid);
    String name = call.function().name();
    boolean dropsName = !name.equals("last_over_time") && !name.equals("first_over_time");
    StepTimes ends = evaluator.selectors().times(source.shift(), grid);
    SampleSource samples = source.open(evaluator, grid);
    QueryStatistics counts = evaluator.countsSamples() ? evaluator.statistics() : null;
    return new SeriesSource() {
      @Override
      public int size() {
        return samples.size();
      }

      @Override
      public void run(int from, int to, Lane lane, SeriesSink sink) {
        RangeKernel kernel = kernels.get();
        Series result = new Series(Labels.EMPTY, false, grid.count());
        samples.run(
            from,
            to,
            lane,
            columns -> {
              result.reset(columns.labels, dropsName || columns.dropsName);
              Window window = new Window(columns, lane, matrix.position());
              slide(source, window, kernel, ends, result);
              if (counts != null) {
                counts.count(window.sizes(ends, source.range(), grid.count()));
              }
              if (!result.isEmpty()) {
                sink.accept(result);
              }
            });
      }
    };
  }

  private static void slide(
      Source source, Window window, RangeKernel kernel, StepTimes ends, Series result) {
    boolean plain = source.edge() == Expr.Edge.PLAIN;
    if (plain && kernel.slide(window, ends, source.range(), result)) {
      return;
    }
    for (int step = 0; step < result.steps(); step++) {
      move(window, source, ends, step);
      int samples = window.floats() + window.histograms();
      if (samples > 0) {
        kernel.apply(window, result);
      }
      window.lane.sawInWindows(samples);
    }
  }

  private static void move(Window window, Source source, StepTimes ends, int step) {
    long end = ends.at(step);
    long start = end - source.range();
    if (source.edge() == Expr.Edge.PLAIN) {
      window.moveTo(step, start, end);
    } else {
      long lookback = window.lane.evaluator().settings().lookbackMillis();
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
    Source source = source(evaluator, matrix, Aggregate.SAMPLES);
    long end = evaluator.selectors().time(source.shift(), grid, 0);
    List<SampleColumns> found = new ArrayList<>();
    SampleSource samples = source.open(evaluator, grid);
    samples.run(
        0,
        samples.size(),
        Lane.direct(evaluator),
        columns -> {
          SampleColumns cut = columns.between(end - source.range(), end);
          int count = cut.floats.length + cut.histograms.length;
          if (count > 0) {
            evaluator.context().budget().addBytes(16L * count + 128);
            found.add(cut);
          }
        });
    return found;
  }

  static Value absent(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    Expr matrix = matrix(call);
    Source source = source(evaluator, matrix.unwrapped(), Aggregate.ENDS);
    boolean[] found = new boolean[grid.count()];
    StepTimes ends = evaluator.selectors().times(source.shift(), grid);
    SampleSource samples = source.open(evaluator, grid);
    Lane lane = Lane.direct(evaluator);
    samples.run(
        0,
        samples.size(),
        lane,
        columns -> {
          Window window = new Window(columns, lane, matrix.position());
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

  /** Kernels, one for each thread; what they take from elsewhere is evaluated here. */
  private static Supplier<RangeKernel> kernels(
      Evaluator evaluator, Expr.Call call, Source source, StepGrid grid) {
    String name = call.function().name();
    List<Expr> arguments = call.arguments();
    boolean extended = source.edge() != Expr.Edge.PLAIN;
    return switch (name) {
      case "rate", "increase", "delta" ->
          extended
              ? () -> new ExtendedRate(name, source.edge() == Expr.Edge.SMOOTHED)
              : () -> new RateKernel(name);
      case "irate", "idelta" -> () -> new InstantRateKernel(name.equals("irate"));
      case "resets", "changes" -> () -> new TransitionKernel(name.equals("resets"), extended);
      case "deriv" -> RegressionKernels::derivative;
      case "predict_linear" -> {
        double[] ahead = evaluator.scalar(arguments.get(1), grid);
        yield () -> RegressionKernels.prediction(ahead, grid);
      }
      case "double_exponential_smoothing" -> {
        double[] factors = evaluator.scalar(arguments.get(1), grid);
        double[] trends = evaluator.scalar(arguments.get(2), grid);
        yield () -> RegressionKernels.smoothing(factors, trends);
      }
      case "quantile_over_time" -> {
        double[] quantiles = evaluator.scalar(arguments.get(0), grid);
        int position = arguments.get(0).position();
        yield () -> SortedWindowKernel.quantile(quantiles, position);
      }
      default -> () -> OverTimeKernels.of(name);
    };
  }
}
