package io.trilith.rules.eval;

import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.logstore.StreamReader;
import io.trilith.rules.GroupKey;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates the expressions of one tick: what is stored is seen as it was when the tick first asked
 * for it. Each expression waits for its turn among the queries. Confined to one thread; to be
 * closed.
 */
final class TickQueries implements QueryRunner, AutoCloseable {
  /** Where a tenant's data is read. */
  record Readers(
      Function<TenantId, SeriesReader> series,
      Function<TenantId, StreamReader> streams,
      Function<TenantId, SpanReader> spans) {}

  private final GroupKey key;
  private final long intervalMillis;
  private final LanguageEngines engines;
  private final Readers readers;
  private final Admission admission;
  private final BooleanSupplier stopping;
  private @Nullable SeriesReader series;
  private @Nullable StreamReader streams;
  private @Nullable SpanReader spans;

  TickQueries(
      GroupKey key,
      long intervalMillis,
      LanguageEngines engines,
      Readers readers,
      Admission admission,
      BooleanSupplier stopping) {
    this.key = key;
    this.intervalMillis = intervalMillis;
    this.engines = engines;
    this.readers = readers;
    this.admission = admission;
    this.stopping = stopping;
  }

  @Override
  public List<RuleSample> run(RuleQuery query, long millis, MemorySeries open)
      throws InterruptedException {
    String what = "rule of group " + key.group() + " in " + key.namespace();
    try (Admission.Turn turn = admission.enterReserved(key.tenant(), what, stopping)) {
      return run(query, millis, open, turn.context());
    }
  }

  private List<RuleSample> run(
      RuleQuery query, long millis, MemorySeries open, QueryContext context) {
    return switch (query) {
      case RuleQuery.Promql promql -> {
        SeriesReader stored = series == null ? readers.series().apply(key.tenant()) : series;
        series = stored;
        SeriesReader seen = open.isEmpty() ? stored : new LayeredReader(stored, open);
        yield engines.promql(promql, millis, seen, context);
      }
      case RuleQuery.Logql logql -> {
        StreamReader stored = streams == null ? readers.streams().apply(key.tenant()) : streams;
        streams = stored;
        yield engines.logql(logql, millis, stored, context);
      }
      case RuleQuery.Traceql traceql -> {
        SpanReader stored = spans == null ? readers.spans().apply(key.tenant()) : spans;
        spans = stored;
        yield engines.traceql(traceql, millis, intervalMillis, stored, context);
      }
    };
  }

  @Override
  public void close() {
    if (series != null) {
      series.close();
    }
    if (streams != null) {
      streams.close();
    }
    if (spans != null) {
      spans.close();
    }
  }
}
