package io.trilith.query.tempo;

import io.trilith.config.LogQueryConfig;
import io.trilith.config.Scope;
import io.trilith.config.TraceQueryConfig;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.FloatText;
import io.trilith.traceql.eval.BudgetCost;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What logs and metrics know of a trace. Not of Tempo. Thread-safe. */
public final class CorrelationApi {
  /** How far from the spans of a trace its entries and exemplars are looked for. */
  private static final long AROUND_NANOS = 300_000_000_000L;

  private static final long MILLI = 1_000_000;
  private static final int EXEMPLAR_BYTES = 300;

  /** What a tenant has now. */
  public record Readers(
      Function<TenantId, SpanReader> traces,
      Function<TenantId, StreamReader> logs,
      Function<TenantId, SeriesReader> metrics) {}

  private final TempoQueries queries;
  private final Readers readers;
  private final TraceQueryConfig config;
  private final LogQueryConfig logConfig;

  /**
   * Makes the API.
   *
   * @param admission which queries of all signals share
   */
  public CorrelationApi(
      Readers readers, TraceQueryConfig config, LogQueryConfig logConfig, Admission admission) {
    this.queries = new TempoQueries(readers.traces(), admission);
    this.readers = readers;
    this.config = config;
    this.logConfig = logConfig;
  }

  /** Adds the paths at {@code /api/v2/traces} and below {@code /tempo}. */
  public void register(Routes routes) {
    for (String prefix : List.of("", "/tempo")) {
      String trace = prefix + "/api/v2/traces/{id}";
      routes
          .needsAll(Scope.READ_TRACES, Scope.READ_LOGS)
          .read(trace + "/logs", TempoQueries.guard(this::logs));
      routes
          .needsAll(Scope.READ_TRACES, Scope.READ_METRICS)
          .read(trace + "/exemplars", TempoQueries.guard(this::exemplars));
    }
  }

  /** As asked for, else around the trace's spans, else all there is. */
  private Parameters.Range range(
      HttpRequest request, TraceId id, SpanReader reader, QueryContext context) {
    boolean given = request.parameter("start").isPresent() || request.parameter("end").isPresent();
    Parameters.Range range = Parameters.optionalRange(request::parameter);
    Trace trace = given ? null : reader.trace(id, config.traceSpansMax(), new BudgetCost(context));
    if (trace == null) {
      return range;
    }
    long end = trace.endNanos();
    return new Parameters.Range(
        trace.startNanos() - AROUND_NANOS,
        end > Long.MAX_VALUE - AROUND_NANOS ? Long.MAX_VALUE : end + AROUND_NANOS);
  }

  private HttpAnswer logs(HttpRequest request) throws IOException, InterruptedException {
    TraceId id = TraceId.parse(request.pathVariable("id"));
    int limit =
        Parameters.integer(
            request::parameter, "limit", logConfig.entriesMax(), 1, logConfig.entriesMax());
    return queries.run(
        request,
        (traces, context) -> {
          Parameters.Range range = range(request, id, traces, context);
          try (StreamReader logs = readers.logs().apply(request.tenant())) {
            List<TraceLogs.Found> found =
                new TraceLogs(id, limit, context).search(logs, range.start(), range.end());
            logs.warnings().forEach(request::warn);
            return json(found, context);
          }
        });
  }

  private static HttpAnswer json(List<TraceLogs.Found> found, QueryContext context) {
    JsonText out = new JsonText(context.budget()).open('{').field("status", "success");
    out.key("data").open('{').field("resultType", "streams");
    out.key("encodingFlags").open('[').text("categorize-labels").close(']');
    out.key("result").open('[');
    for (TraceLogs.Found stream : found) {
      labels(stream.stream(), out.open('{').key("stream"));
      out.key("values").open('[');
      for (TraceLogs.Line line : stream.lines()) {
        out.open('[').text(Long.toString(line.time()));
        out.text(new String(line.text(), StandardCharsets.UTF_8)).open('{');
        if (!line.metadata().isEmpty()) {
          labels(line.metadata(), out.key("structuredMetadata"));
        }
        out.close('}').close(']');
      }
      out.close(']').close('}');
    }
    out.close(']').key("stats").open('{').close('}').close('}');
    return out.close('}').answer(200);
  }

  private static void labels(Labels labels, JsonText out) {
    out.open('{');
    for (int i = 0; i < labels.size(); i++) {
      out.field(labels.name(i), labels.value(i));
    }
    out.close('}');
  }

  private HttpAnswer exemplars(HttpRequest request) throws IOException, InterruptedException {
    TraceId id = TraceId.parse(request.pathVariable("id"));
    return queries.run(
        request,
        (traces, context) -> {
          Parameters.Range range = range(request, id, traces, context);
          try (SeriesReader metrics = readers.metrics().apply(request.tenant())) {
            Map<Labels, List<Exemplar>> all =
                metrics.exemplars(
                    List.of(),
                    Math.floorDiv(range.start(), MILLI),
                    Math.floorDiv(range.end(), MILLI));
            metrics.warnings().forEach(request::warn);
            return json(id, all, context);
          }
        });
  }

  private static HttpAnswer json(
      TraceId id, Map<Labels, List<Exemplar>> all, QueryContext context) {
    JsonText out = new JsonText(context.budget()).open('{').field("status", "success");
    out.key("data").open('[');
    all.forEach(
        (series, exemplars) -> {
          context.check();
          context.budget().addBytes((long) EXEMPLAR_BYTES * exemplars.size());
          List<Exemplar> own =
              exemplars.stream().filter(one -> TraceLogs.names(one.labels(), id)).toList();
          if (!own.isEmpty()) {
            labels(series, out.open('{').key("seriesLabels"));
            out.key("exemplars").open('[');
            own.forEach(one -> exemplar(one, out));
            out.close(']').close('}');
          }
        });
    return out.close(']').close('}').answer(200);
  }

  private static void exemplar(Exemplar exemplar, JsonText out) {
    labels(exemplar.labels(), out.open('{').key("labels"));
    out.field("value", FloatText.json(exemplar.value()));
    out.key("timestamp").number(BigDecimal.valueOf(exemplar.timestamp(), 3).doubleValue());
    out.close('}');
  }
}
