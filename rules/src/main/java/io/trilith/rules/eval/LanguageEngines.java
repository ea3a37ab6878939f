package io.trilith.rules.eval;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlResult;
import io.trilith.logstore.StreamReader;
import io.trilith.promql.PromqlEngine;
import io.trilith.promql.PromqlResult;
import io.trilith.promql.QueryStatistics;
import io.trilith.promql.Series;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import io.trilith.storage.model.Labels;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.traceql.metrics.Windows;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Evaluates expressions of each language at one time, milliseconds since 1970. Thread-safe.
 *
 * @param traceLimits what a TraceQL query may cost
 */
public record LanguageEngines(
    PromqlEngine promql, LogqlEngine logql, MetricsEngine.Limits traceLimits) {
  private static final long NANOS = 1_000_000;

  /** Of PromQL. */
  public List<RuleSample> promql(
      RuleQuery.Promql query, long millis, SeriesReader reader, QueryContext context) {
    PromqlResult result =
        promql
            .instant(
                query.tree(),
                query.text(),
                millis,
                promql.lookbackMillis(),
                reader,
                context,
                QueryStatistics.none())
            .result();
    return switch (result) {
      case PromqlResult.Scalar scalar -> List.of(new RuleSample(Labels.EMPTY, scalar.value()));
      case PromqlResult.InstantVector vector -> {
        List<RuleSample> samples = new ArrayList<>(vector.series().size());
        for (Series series : vector.series()) {
          if (series.has(0)) {
            samples.add(new RuleSample(series.labels(), series.value(0), series.histogram(0)));
          }
        }
        yield samples;
      }
      case PromqlResult.Text _, PromqlResult.RangeMatrix _, PromqlResult.Samples _ ->
          throw new IllegalArgumentException("rule result is not a vector or scalar");
    };
  }

  /** Of LogQL. */
  public List<RuleSample> logql(
      RuleQuery.Logql query, long millis, StreamReader reader, QueryContext context) {
    LogqlResult result =
        logql.instant(query.tree(), Math.multiplyExact(millis, NANOS), reader, context).result();
    return switch (result) {
      case LogqlResult.Scalar scalar -> List.of(new RuleSample(Labels.EMPTY, scalar.value()));
      case LogqlResult.InstantVector vector -> {
        List<RuleSample> samples = new ArrayList<>(vector.series().size());
        for (StepSeries series : vector.series()) {
          if (series.has(0)) {
            samples.add(new RuleSample(series.labels(), series.values()[0]));
          }
        }
        yield samples;
      }
      case LogqlResult.Streams _, LogqlResult.RangeMatrix _ ->
          throw new IllegalArgumentException("rule result is not a vector or scalar");
    };
  }

  /** Of TraceQL, over the spans of a window that ends at the time. */
  public List<RuleSample> traceql(
      RuleQuery.Traceql query,
      long millis,
      long windowMillis,
      SpanReader reader,
      QueryContext context) {
    long end = Math.multiplyExact(millis, NANOS);
    Windows windows = Windows.instant(end - windowMillis * NANOS, end);
    List<RuleSample> samples = new ArrayList<>();
    for (io.trilith.traceql.metrics.Series series :
        MetricsEngine.run(query.tree(), reader, windows, traceLimits, context)) {
      double value = series.values()[series.values().length - 1];
      if (Double.isFinite(value)) {
        Labels.Builder labels = new Labels.Builder();
        series.labels().forEach(label -> labels.set(label.name(), Printer.text(label.value())));
        samples.add(new RuleSample(labels.build(), value));
      }
    }
    return samples;
  }
}
