package io.trilith.rules.slo;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlResult;
import io.trilith.logstore.StreamReader;
import io.trilith.promql.PromqlResult;
import io.trilith.promql.QueryStatistics;
import io.trilith.promql.Series;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.traceql.metrics.Windows;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Function;

/** Counts an SLO's events of a range of steps from raw data. Thread-safe. */
final class EventCounter {
  private static final long NANOS = 1_000_000;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** Where a tenant's data is read. */
  record Readers(
      Function<TenantId, SeriesReader> series,
      Function<TenantId, StreamReader> streams,
      Function<TenantId, SpanReader> spans) {}

  private final LanguageEngines engines;
  private final Readers readers;
  private final long counterGapMillis;

  /**
   * A counter.
   *
   * @param counterGapMillis how long a counter may be silent and is counted on from its last value
   */
  EventCounter(LanguageEngines engines, Readers readers, long counterGapMillis) {
    this.engines = engines;
    this.readers = readers;
    this.counterGapMillis = counterGapMillis;
  }

  Readers readers() {
    return readers;
  }

  /** Takes a value of a series at a step. */
  private interface Visitor {
    void value(int step, double value);
  }

  /** Counts steps, the end excluded; those that are excluded are marked. */
  void count(Slo slo, EventSteps steps, int from, int to, TenantId tenant, QueryContext context) {
    if (from >= to) {
      return;
    }
    int count = to - from;
    context.budget().addBytes((long) count * 2 * Double.BYTES);
    double[] good = new double[count];
    double[] total = new double[count];
    StepGrid grid = new StepGrid(steps.time(from), steps.step(), count);
    switch (slo.sli()) {
      case Sli.Events events -> {
        RuleQuery bad = events.bad();
        RuleQuery part = bad == null ? events.good() : bad;
        if (part == null) {
          throw new IllegalStateException("events without good and bad");
        }
        evaluate(part, grid, true, tenant, context, (i, value) -> good[i] += value);
        evaluate(events.total(), grid, true, tenant, context, (i, value) -> total[i] += value);
        for (int i = 0; bad != null && i < count; i++) {
          good[i] = total[i] - good[i];
        }
      }
      case Sli.Ratio ratio ->
          evaluate(
              ratio.query(),
              grid,
              false,
              tenant,
              context,
              (i, value) -> {
                good[i] += ratio.ofErrors() ? 1 - value : value;
                total[i]++;
              });
      case Sli.Threshold threshold ->
          evaluate(
              threshold.query(),
              grid,
              false,
              tenant,
              context,
              (i, value) -> {
                good[i] += threshold.comparison().holds(value, threshold.value()) ? 1 : 0;
                total[i]++;
              });
    }
    for (int i = 0; i < count; i++) {
      if (slo.excluded(grid.time(i))) {
        steps.setExcluded(from + i);
      } else {
        set(slo, steps, from + i, good[i], total[i]);
      }
    }
  }

  private static void set(Slo slo, EventSteps steps, int i, double good, double total) {
    switch (slo.method()) {
      case Slo.Method.Occurrences _ -> steps.setCounted(i, good, total);
      case Slo.Method.Timeslices slices -> {
        if (total > 0) {
          BigDecimal part = BigDecimal.valueOf(good).multiply(HUNDRED);
          boolean reached =
              part.compareTo(slices.target().multiply(BigDecimal.valueOf(total))) >= 0;
          steps.setCounted(i, reached ? 1 : 0, 1);
        } else {
          empty(slo, steps, i);
        }
      }
      case Slo.Method.RatioTimeslices _ -> {
        if (total > 0) {
          steps.setCounted(i, good / total, 1);
        } else {
          empty(slo, steps, i);
        }
      }
    }
  }

  /** A slice without events is good; one of which nothing is known does not count. */
  private static void empty(Slo slo, EventSteps steps, int i) {
    boolean known = slo.sli() instanceof Sli.Events;
    steps.setCounted(i, known ? 1 : 0, known ? 1 : 0);
  }

  private void evaluate(
      RuleQuery query,
      StepGrid grid,
      boolean counters,
      TenantId tenant,
      QueryContext context,
      Visitor visitor) {
    switch (query) {
      case RuleQuery.Promql promql -> promql(promql, grid, counters, tenant, context, visitor);
      case RuleQuery.Logql logql -> logql(logql, grid, tenant, context, visitor);
      case RuleQuery.Traceql traceql -> traceql(traceql, grid, tenant, context, visitor);
    }
  }

  /** What is counted of a part of the data would be taken for all of it. */
  private static void checkWhole(List<String> warnings) {
    if (!warnings.isEmpty()) {
      throw new IllegalStateException("a part of the data is missing: " + warnings.getFirst());
    }
  }

  private void promql(
      RuleQuery.Promql query,
      StepGrid grid,
      boolean counters,
      TenantId tenant,
      QueryContext context,
      Visitor visitor) {
    long usual = engines.promql().lookbackMillis();
    long lookback = counters ? Math.max(usual, counterGapMillis) : usual;
    try (SeriesReader reader = readers.series().apply(tenant)) {
      PromqlResult result =
          engines
              .promql()
              .range(query.text(), grid, lookback, reader, context, QueryStatistics.none())
              .result();
      checkWhole(reader.warnings());
      if (result instanceof PromqlResult.RangeMatrix matrix) {
        for (Series series : matrix.series()) {
          for (int i = 0; i < grid.count(); i++) {
            if (series.has(i) && series.histogram(i) == null && Double.isFinite(series.value(i))) {
              visitor.value(i, series.value(i));
            }
          }
        }
      }
    }
  }

  private void logql(
      RuleQuery.Logql query,
      StepGrid grid,
      TenantId tenant,
      QueryContext context,
      Visitor visitor) {
    try (StreamReader reader = readers.streams().apply(tenant)) {
      LogqlResult result =
          engines
              .logql()
              .range(
                  query.tree(),
                  grid.start() * NANOS,
                  grid.end() * NANOS,
                  grid.step() * NANOS,
                  reader,
                  context)
              .result();
      checkWhole(reader.warnings());
      if (result instanceof LogqlResult.RangeMatrix matrix) {
        int shift = (int) ((matrix.grid().start() - grid.start()) / grid.step());
        for (StepSeries series : matrix.series()) {
          for (int i = 0; i < matrix.grid().count(); i++) {
            boolean wanted = i + shift >= 0 && i + shift < grid.count();
            if (wanted && series.has(i) && Double.isFinite(series.values()[i])) {
              visitor.value(i + shift, series.values()[i]);
            }
          }
        }
      }
    }
  }

  private void traceql(
      RuleQuery.Traceql query,
      StepGrid grid,
      TenantId tenant,
      QueryContext context,
      Visitor visitor) {
    long step = grid.step() * NANOS;
    Windows windows = Windows.range(grid.start() * NANOS - step, grid.end() * NANOS, step);
    try (SpanReader reader = readers.spans().apply(tenant)) {
      for (io.trilith.traceql.metrics.Series series :
          MetricsEngine.run(query.tree(), reader, windows, engines.traceLimits(), context)) {
        // The first point is what lies at the start itself: of the step before.
        for (int i = 0; i < grid.count(); i++) {
          double value = series.values()[i + 1];
          if (Double.isFinite(value)) {
            visitor.value(i, value);
          }
        }
      }
      checkWhole(reader.warnings());
    }
  }
}
