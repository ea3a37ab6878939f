package io.trilith.promql;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Answers PromQL queries. Errors in a query are {@link InvalidRequestException}, errors that the
 * data brings {@link ExecutionException}. Thread-safe.
 */
public final class PromqlEngine {
  private final QueryParser parser;
  private final boolean useStarts;
  private final long lookbackMillis;
  private final long subqueryStepMillis;
  private final QueryWorkers workers;

  /**
   * An engine.
   *
   * @param depthMax how deep queries may nest
   * @param lookbackMillis how long a sample stands for the time after it
   * @param subqueryStepMillis the step of subqueries that name none
   */
  public PromqlEngine(int depthMax, long lookbackMillis, long subqueryStepMillis) {
    this(depthMax, lookbackMillis, subqueryStepMillis, QueryWorkers.NONE);
  }

  /** As above, with threads that help with large queries. */
  public PromqlEngine(
      int depthMax, long lookbackMillis, long subqueryStepMillis, QueryWorkers workers) {
    this(depthMax, lookbackMillis, subqueryStepMillis, false, workers);
  }

  /**
   * As above.
   *
   * @param useStarts whether rate, increase and their like count from the start time that a counter
   *     was sent with; else they know samples only
   */
  public PromqlEngine(
      int depthMax,
      long lookbackMillis,
      long subqueryStepMillis,
      boolean useStarts,
      QueryWorkers workers) {
    this.workers = workers;
    this.useStarts = useStarts;
    this.parser = new QueryParser(depthMax);
    this.lookbackMillis = lookbackMillis;
    this.subqueryStepMillis = subqueryStepMillis;
  }

  public QueryParser parser() {
    return parser;
  }

  /** The lookback that holds when a query names none. */
  public long lookbackMillis() {
    return lookbackMillis;
  }

  /** How a query is evaluated. */
  public QueryPlan explain(String query) {
    Expr expr = parser.parse(query);
    return new QueryPlan(expr, new Structure(expr, ResetDetection.selectors(expr)));
  }

  /** The answer at one time, milliseconds since 1970. */
  public PromqlResult.Answer instant(
      String query, long time, long lookback, SeriesReader reader, QueryContext context) {
    return instant(query, time, lookback, reader, context, QueryStatistics.none());
  }

  /** As above, telling the statistics. */
  public PromqlResult.Answer instant(
      String query,
      long time,
      long lookback,
      SeriesReader reader,
      QueryContext context,
      QueryStatistics statistics) {
    return instant(parser.parse(query), query, time, lookback, reader, context, statistics);
  }

  /** The answer of a query that was parsed before, from this text. */
  public PromqlResult.Answer instant(
      Expr expr,
      String query,
      long time,
      long lookback,
      SeriesReader reader,
      QueryContext context,
      QueryStatistics statistics) {
    EvaluationSettings settings =
        new EvaluationSettings(lookback, subqueryStepMillis, useStarts, time, time, 0);
    Evaluator evaluator =
        new Evaluator(query, expr, reader, context, settings, workers, statistics);
    StepGrid grid = StepGrid.instant(time);
    if (expr.type() == ValueType.MATRIX) {
      return answer(samples(evaluator, expr.unwrapped(), grid), context);
    }
    PromqlResult result =
        switch (evaluator.eval(expr, grid)) {
          case Value.Text text -> new PromqlResult.Text(time, text.value());
          case Value.Scalar scalar -> new PromqlResult.Scalar(time, scalar.values()[0]);
          case Value.Vector vector ->
              new PromqlResult.InstantVector(time, NameRemoval.apply(vector.series()));
        };
    return answer(result, context);
  }

  private static PromqlResult.Answer answer(PromqlResult result, QueryContext context) {
    return new PromqlResult.Answer(
        result,
        context.annotations().warnings(),
        context.annotations().infos(),
        context.budget().samples());
  }

  private static PromqlResult samples(Evaluator evaluator, Expr expr, StepGrid grid) {
    List<RangeSamples> found = new ArrayList<>();
    for (SampleColumns columns : RangeFunctions.samples(evaluator, expr, grid)) {
      found.add(new RangeSamples(columns));
    }
    found.sort(Comparator.comparing(RangeSamples::labels));
    return new PromqlResult.Samples(found);
  }

  /** The answer over a grid. */
  public PromqlResult.Answer range(
      String query, StepGrid grid, long lookback, SeriesReader reader, QueryContext context) {
    return range(query, grid, lookback, reader, context, QueryStatistics.none());
  }

  /** As above, telling the statistics. */
  public PromqlResult.Answer range(
      String query,
      StepGrid grid,
      long lookback,
      SeriesReader reader,
      QueryContext context,
      QueryStatistics statistics) {
    Expr expr = parser.parse(query);
    if (expr.type() == ValueType.MATRIX || expr.type() == ValueType.STRING) {
      throw new InvalidRequestException(
          "invalid expression type \""
              + expr.type().text()
              + "\" for range query, must be Scalar or instant Vector");
    }
    // The end is taken as the last step, which is what every function can see of it.
    EvaluationSettings settings =
        new EvaluationSettings(
            lookback, subqueryStepMillis, useStarts, grid.start(), grid.end(), grid.step());
    Evaluator evaluator =
        new Evaluator(query, expr, reader, context, settings, workers, statistics);
    List<Series> series =
        switch (evaluator.eval(expr, grid)) {
          case Value.Text _ -> throw new IllegalStateException("a string over a range");
          case Value.Vector vector -> new ArrayList<>(NameRemoval.apply(vector.series()));
          case Value.Scalar scalar -> List.of(RangeFunctions.ofScalar(scalar.values()));
        };
    if (series.size() > 1) {
      series.sort(Comparator.comparing(Series::labels));
    }
    return answer(new PromqlResult.RangeMatrix(grid, series), context);
  }
}
