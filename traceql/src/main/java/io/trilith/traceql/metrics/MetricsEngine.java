package io.trilith.traceql.metrics;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.SpanReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Answers metrics queries: all their sources in one pass over the traces. */
public final class MetricsEngine {
  /**
   * What a query may cost.
   *
   * @param exemplars wanted
   */
  public record Limits(int seriesMax, int exemplars, int traceSpansMax, long spansExaminedMax) {}

  private final Windows windows;
  private final Limits limits;
  private final Map<Metrics.Source, SpanSink> sources = new LinkedHashMap<>();
  private long spans;

  private MetricsEngine(Windows windows, Limits limits) {
    this.windows = windows;
    this.limits = limits;
  }

  /** The series, sorted by labels. */
  public static List<Series> run(
      Metrics query, SpanReader reader, Windows windows, Limits limits, BooleanSupplier cancelled) {
    MetricsEngine engine = new MetricsEngine(windows, limits);
    engine.collect(query);
    // A span that starts in the range may be all that a trace has there, or end beyond it.
    reader.scan(
        windows.startNanos(),
        windows.endNanos(),
        limits.traceSpansMax(),
        trace -> {
          engine.visit(new TraceView(trace), cancelled);
          return true;
        });
    List<Series> result = new ArrayList<>(engine.evaluate(query));
    result.removeIf(MetricsEngine::isEmpty);
    result.sort(Comparator.comparing(Series::key));
    return result;
  }

  private void visit(TraceView trace, BooleanSupplier cancelled) {
    spans += trace.size();
    if (spans > limits.spansExaminedMax()) {
      throw LimitExceededException.fixed(
          "the query looks at more than trace-query.spans-examined-max = "
              + limits.spansExaminedMax()
              + " spans; select a shorter range");
    }
    if (cancelled.getAsBoolean()) {
      throw new InvalidRequestException("the query was cancelled");
    }
    sources.values().forEach(source -> source.add(trace));
  }

  private void collect(Metrics query) {
    switch (query) {
      case Metrics.Source source ->
          sources.computeIfAbsent(
              source,
              one ->
                  one.function() instanceof Metrics.Compare compare
                      ? new CompareRun(one.pipeline(), compare, windows)
                      : new SourceRun(one, windows, limits.seriesMax(), limits.exemplars()));
      case Metrics.Operation operation -> {
        collect(operation.left());
        collect(operation.right());
      }
      case Metrics.Constant _ -> {}
      case Metrics.Rank rank -> collect(rank.input());
      case Metrics.Threshold threshold -> collect(threshold.input());
    }
  }

  private List<Series> evaluate(Metrics query) {
    return switch (query) {
      case Metrics.Source source -> {
        SpanSink sink = sources.get(source);
        yield sink == null ? List.of() : sink.finish();
      }
      case Metrics.Constant _ -> List.of();
      case Metrics.Operation operation -> operation(operation);
      case Metrics.Rank rank -> SeriesMath.rank(evaluate(rank.input()), rank);
      case Metrics.Threshold threshold ->
          SeriesMath.threshold(evaluate(threshold.input()), threshold);
    };
  }

  private List<Series> operation(Metrics.Operation operation) {
    if (operation.left() instanceof Metrics.Constant constant) {
      double left = constant.value().asDouble();
      return SeriesMath.map(
          evaluate(operation.right()),
          value -> SeriesMath.apply(operation.operator(), left, value));
    }
    if (operation.right() instanceof Metrics.Constant constant) {
      double right = constant.value().asDouble();
      return SeriesMath.map(
          evaluate(operation.left()),
          value -> SeriesMath.apply(operation.operator(), value, right));
    }
    return SeriesMath.join(
        operation.operator(), evaluate(operation.left()), evaluate(operation.right()));
  }

  private static boolean isEmpty(Series series) {
    for (double value : series.values()) {
      if (!Double.isNaN(value)) {
        return false;
      }
    }
    return true;
  }
}
