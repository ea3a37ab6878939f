package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlResult.Answer;
import io.trilith.logql.LogqlResult.Statistics;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.VectorFunction;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Answers LogQL queries. Errors in a query are InvalidRequestException. Thread-safe. */
public final class LogqlEngine {
  private static final long MILLI = 1_000_000;

  /** Times beyond this leave room for ranges and offsets on both sides. */
  private static final long TIME_MAX = Long.MAX_VALUE / 4;

  private final QueryParser parser;
  private final SeriesLimit seriesMax;
  private final QueryWorkers workers;

  /**
   * An engine without helpers.
   *
   * @param depthMax how deep queries may nest
   * @param seriesMax series one answer has at most; of more the largest stay, with a warning
   */
  public LogqlEngine(int depthMax, int seriesMax) {
    this(depthMax, new SeriesLimit(seriesMax, false), QueryWorkers.NONE);
  }

  /** An engine whose queries others help with. */
  public LogqlEngine(int depthMax, SeriesLimit seriesMax, QueryWorkers workers) {
    this.parser = new QueryParser(depthMax);
    this.seriesMax = seriesMax;
    this.workers = workers;
  }

  /**
   * How many series one answer may have.
   *
   * @param strict whether more are an error, as in Loki, and not the largest with a warning
   */
  public record SeriesLimit(int max, boolean strict) {}

  public QueryParser parser() {
    return parser;
  }

  /**
   * How a log query is to be read. Times are nanoseconds, the end is excluded.
   *
   * @param skip how many of the first entries are left out: the place to go on from when more
   *     entries share one time than an answer may have
   */
  public record LogOptions(
      long start,
      long end,
      Direction direction,
      int limit,
      long interval,
      boolean categorize,
      int skip) {
    /** From the first entry on. */
    public LogOptions(
        long start, long end, Direction direction, int limit, long interval, boolean categorize) {
      this(start, end, direction, limit, interval, categorize, 0);
    }
  }

  /** The entries of a log query. */
  public Answer logs(
      Expr.Logs logs, LogOptions options, StreamReader reader, QueryContext context) {
    ReadCounts counts = new ReadCounts(context);
    LogSearch.Request request =
        new LogSearch.Request(
            options.start(),
            options.end(),
            options.direction(),
            Math.addExact(options.limit(), options.skip()),
            options.interval(),
            options.categorize(),
            options.skip());
    List<LogqlResult.LogStream> streams =
        new LogSearch(request, new EvaluationSetting(reader, workers, context, counts)).run(logs);
    long entries = 0;
    for (LogqlResult.LogStream stream : streams) {
      entries += stream.entries().size();
    }
    return new Answer(
        new LogqlResult.Streams(streams), statistics(counts, entries), warnings(context));
  }

  /** A metric query at one time, nanoseconds. */
  public Answer instant(Expr.Metric metric, long time, StreamReader reader, QueryContext context) {
    ReadCounts counts = new ReadCounts(context);
    long bounded = Math.clamp(time, -TIME_MAX, TIME_MAX);
    NanoGrid grid = NanoGrid.instant(bounded);
    long millis = Math.floorDiv(bounded, MILLI);
    MetricEvaluator evaluator =
        new MetricEvaluator(grid, new EvaluationSetting(reader, workers, context, counts));
    LogqlResult result =
        switch (evaluator.eval(metric)) {
          case MetricEvaluator.Value.Constant(double value) ->
              new LogqlResult.Scalar(millis, value);
          case MetricEvaluator.Value.Vector(List<StepSeries> series) -> {
            List<StepSeries> kept = limited(series, context);
            if (!ordered(metric)) {
              kept.sort(Comparator.comparing(StepSeries::labels));
            }
            yield new LogqlResult.InstantVector(millis, kept);
          }
        };
    return new Answer(result, statistics(counts, 0), warnings(context));
  }

  private static boolean ordered(Expr.Metric metric) {
    return metric instanceof Expr.VectorAggregation aggregation
        && VectorAggregator.orders(aggregation.function());
  }

  /** A metric query over a range, nanoseconds; the grid is made of multiples of the step. */
  public Answer range(
      Expr.Metric metric,
      long start,
      long end,
      long step,
      StreamReader reader,
      QueryContext context) {
    if (metric instanceof Expr.VectorAggregation aggregation
        && aggregation.function() == VectorFunction.APPROX_TOPK) {
      throw new InvalidRequestException("approx_topk is only supported as an instant query");
    }
    ReadCounts counts = new ReadCounts(context);
    NanoGrid grid =
        NanoGrid.aligned(
            Math.clamp(start, -TIME_MAX, TIME_MAX), Math.clamp(end, -TIME_MAX, TIME_MAX), step);
    MetricEvaluator evaluator =
        new MetricEvaluator(grid, new EvaluationSetting(reader, workers, context, counts));
    List<StepSeries> series =
        switch (evaluator.eval(metric)) {
          case MetricEvaluator.Value.Constant(double value) -> List.of(evaluator.constant(value));
          case MetricEvaluator.Value.Vector(List<StepSeries> found) -> found;
        };
    List<StepSeries> kept = limited(series, context);
    kept.sort(Comparator.comparing(StepSeries::labels));
    return new Answer(
        new LogqlResult.RangeMatrix(grid.millis(), kept), statistics(counts, 0), warnings(context));
  }

  /** The largest series by the sum of their values, in the order they had. */
  private List<StepSeries> limited(List<StepSeries> series, QueryContext context) {
    int max = seriesMax.max();
    if (series.size() <= max) {
      return new ArrayList<>(series);
    }
    if (seriesMax.strict()) {
      throw new InvalidRequestException(
          "maximum of series ("
              + max
              + ") reached for a single query; consider reducing query cardinality by adding more"
              + " specific stream selectors, reducing the time range, or aggregating results with"
              + " functions like sum(), count() or topk() (log-query.series-max)");
    }
    context
        .annotations()
        .warn(
            "the query has "
                + series.size()
                + " series; shown are the "
                + max
                + " largest (log-query.series-max)");
    List<StepSeries> largest = new ArrayList<>(series);
    largest.sort(
        Comparator.comparingDouble(LogqlEngine::total)
            .reversed()
            .thenComparing(StepSeries::labels));
    Set<Labels> kept = new HashSet<>();
    largest.subList(0, max).forEach(one -> kept.add(one.labels()));
    return series.stream()
        .filter(one -> kept.contains(one.labels()))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static double total(StepSeries series) {
    double total = 0;
    for (int step = 0; step < series.values().length; step++) {
      total += series.has(step) && !Double.isNaN(series.values()[step]) ? series.values()[step] : 0;
    }
    return total;
  }

  private static Statistics statistics(ReadCounts counts, long entries) {
    return new Statistics(
        counts.bytes, counts.lines, counts.kept, entries, counts.streams, counts.scans);
  }

  private static List<String> warnings(QueryContext context) {
    return context.annotations().warnings();
  }
}
