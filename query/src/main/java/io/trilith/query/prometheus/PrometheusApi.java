package io.trilith.query.prometheus;

import io.trilith.config.Scope;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.promql.PromqlEngine;
import io.trilith.promql.PromqlResult;
import io.trilith.promql.QueryPlan;
import io.trilith.promql.QueryPrinter;
import io.trilith.promql.QueryStatistics;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The HTTP API of Prometheus, below {@code /api/v1} and {@code /prometheus/api/v1}. Thread-safe.
 */
public final class PrometheusApi {
  private static final int ANNOTATIONS_MAX = 10;

  private final PromqlEngine engine;
  private final InstantSource clock;

  /** Levels of a tree that is written as JSON, where each is several of its own. */
  private static final int TREE_DEPTH_MAX = 400;

  private final int pointsMax;
  private final SeriesQueries queries;
  private final MetadataEndpoints metadata;
  private final StatusEndpoints status;
  private final RemoteRead remoteRead;
  private final Federation federation;

  /**
   * Reads through the tenant's reader.
   *
   * @param pointsMax steps of a range query, which has a point more than steps
   * @param facts what the status pages tell
   */
  public PrometheusApi(
      Function<TenantId, SeriesReader> readers,
      PromqlEngine engine,
      InstantSource clock,
      Admission admission,
      int pointsMax,
      ServerFacts facts) {
    this.engine = engine;
    this.clock = clock;
    this.pointsMax = pointsMax;
    this.queries = new SeriesQueries(readers, admission);
    this.metadata = new MetadataEndpoints(queries, engine.parser());
    this.status = new StatusEndpoints(facts, clock, queries);
    this.remoteRead = new RemoteRead(queries);
    this.federation = new Federation(queries, engine.parser(), clock, engine.lookbackMillis());
  }

  /** Below which paths the API is. */
  public static final List<String> PREFIXES = List.of("/api/v1", "/prometheus/api/v1");

  /** Adds the routes, under all prefixes. */
  public void register(Routes routes) {
    ScopedRoutes reads = routes.needs(Scope.READ_METRICS);
    ScopedRoutes admin = routes.needs(Scope.ADMIN).open();
    ScopedRoutes any = routes.forAnyCaller();
    for (String prefix : PREFIXES) {
      read(reads, prefix + "/query", this::query);
      read(reads, prefix + "/query_range", this::queryRange);
      read(reads, prefix + "/query_exemplars", metadata::exemplars);
      read(reads, prefix + "/labels", metadata::labels);
      read(reads, prefix + "/label/{name}/values", metadata::labelValues);
      read(reads, prefix + "/series", metadata::series);
      read(reads, prefix + "/metadata", metadata::metadata);
      read(reads, prefix + "/format_query", this::formatQuery);
      read(reads, prefix + "/parse_query", this::parseQuery);
      read(reads, prefix + "/read", remoteRead::answer);
      read(reads, prefix + "/features", _ -> Features.answer());
      read(reads, prefix + "/targets", _ -> status.targets());
      read(reads, prefix + "/targets/metadata", _ -> status.targetsMetadata());
      read(reads, prefix + "/scrape_pools", _ -> status.scrapePools());
      read(reads, prefix + "/notifications", _ -> status.notifications());
      read(admin, prefix + "/status/config", _ -> status.config());
      read(any, prefix + "/status/buildinfo", _ -> status.buildInfo());
      read(reads, prefix + "/status/runtimeinfo", _ -> status.runtimeInfo());
      read(reads, prefix + "/status/tsdb", status::tsdb);
      read(admin, prefix + "/status/flags", _ -> status.flags());
      read(reads, prefix + "/status/walreplay", _ -> status.walReplay());
    }
    read(reads, "/federate", federation::answer);
    read(reads, "/prometheus/federate", federation::answer);
  }

  private static void read(ScopedRoutes routes, String pattern, HttpHandler handler) {
    routes.read(pattern, Envelope.guard(handler));
  }

  private HttpAnswer formatQuery(HttpRequest request) {
    String query = QueryParameters.required(request, "query");
    String printed = QueryPrinter.print(engine.parser().parse(query));
    return Envelope.success(json -> json.value(printed));
  }

  private HttpAnswer parseQuery(HttpRequest request) {
    Expr tree = engine.parser().parse(QueryParameters.required(request, "query"));
    if (Trees.depth(tree) > TREE_DEPTH_MAX) {
      throw new InvalidRequestException(
          "the query's tree is deeper than " + TREE_DEPTH_MAX + " levels, which no reader takes");
    }
    return Envelope.success(json -> new TreeJson(json).write(tree));
  }

  private HttpAnswer query(HttpRequest request) throws InterruptedException {
    String query = QueryParameters.required(request, "query");
    long time = QueryParameters.time(request, "time", clock.millis());
    long lookback = lookback(request);
    if (explains(request)) {
      return explain(query);
    }
    return run(
        request,
        (reader, context, statistics) ->
            engine.instant(query, time, lookback, reader, context, statistics));
  }

  private HttpAnswer queryRange(HttpRequest request) throws InterruptedException {
    String query = QueryParameters.required(request, "query");
    long start = QueryParameters.time("start", QueryParameters.required(request, "start"));
    long end = QueryParameters.time("end", QueryParameters.required(request, "end"));
    long step = QueryParameters.duration("step", QueryParameters.required(request, "step"));
    if (end < start) {
      throw new InvalidRequestException(
          "invalid parameter \"end\": end timestamp must not be before start time");
    }
    queries.checkLength(request.tenant(), Duration.ofMillis(end - start));
    if (step <= 0) {
      throw new InvalidRequestException(
          "invalid parameter \"step\": zero or negative query resolution step widths are not"
              + " accepted. Try a positive integer");
    }
    if ((end - start) / step > pointsMax) {
      throw new InvalidRequestException(
          "exceeded maximum resolution of "
              + pointsMax
              + " points per timeseries (query.points-max). Try decreasing the query resolution"
              + " (?step=XX)");
    }
    StepGrid grid = StepGrid.between(start, end, step);
    long lookback = lookback(request);
    if (explains(request)) {
      return explain(query);
    }
    return run(
        request,
        (reader, context, statistics) ->
            engine.range(query, grid, lookback, reader, context, statistics));
  }

  private static boolean explains(HttpRequest request) {
    return request.parameter("explain").orElse("").equals("true");
  }

  private HttpAnswer explain(String query) {
    QueryPlan plan = engine.explain(query);
    return Envelope.success(json -> StatisticsWriter.plan(json, plan));
  }

  private long lookback(HttpRequest request) {
    String text = request.parameter("lookback_delta").orElse("");
    if (text.isEmpty()) {
      return engine.lookbackMillis();
    }
    long millis = QueryParameters.duration("lookback_delta", text);
    return millis > 0 ? millis : engine.lookbackMillis();
  }

  /** The evaluation of a query. */
  @FunctionalInterface
  private interface Evaluation {
    PromqlResult.Answer apply(
        SeriesReader reader, QueryContext context, QueryStatistics statistics);
  }

  private HttpAnswer run(HttpRequest request, Evaluation evaluation) throws InterruptedException {
    int limit = QueryParameters.limit(request, "limit");
    Instant begin = clock.instant();
    List<String> stats = request.parameters("stats");
    QueryStatistics statistics = new QueryStatistics(!stats.isEmpty(), stats.contains("operators"));
    PromqlResult.Answer answer =
        queries.ask(
            request,
            (reader, context) -> {
              PromqlResult.Answer result = evaluation.apply(reader, context, statistics);
              // A client that reads slowly holds the result, and no longer what it was made from.
              QueryBudget budget = context.budget();
              budget.giveBack(budget.bytes() - held(result.result(), budget.bytes()));
              return result;
            });
    long millis = Duration.between(begin, clock.instant()).toMillis();
    return HttpAnswer.json(
        200,
        out -> {
          JsonWriter json = new JsonWriter(out);
          write(json, answer, limit, new Asked(stats, statistics, millis, request.warnings()));
          json.flush();
        });
  }

  /** Bytes that a result holds, roughly, of those its query took. */
  private static long held(PromqlResult result, long taken) {
    long perSeries = 200;
    return switch (result) {
      case PromqlResult.Scalar _, PromqlResult.Text _ -> perSeries;
      case PromqlResult.InstantVector vector ->
          vector.series().stream().mapToLong(one -> perSeries + one.labels().bytes()).sum();
      case PromqlResult.RangeMatrix matrix ->
          matrix.series().stream()
              .mapToLong(one -> perSeries + one.labels().bytes() + 9L * matrix.grid().count())
              .sum();
      case PromqlResult.Samples _ -> taken;
    };
  }

  /**
   * What the parameter {@code stats} says, and what there is to answer.
   *
   * @param lacks what the answer lacks
   */
  private record Asked(
      List<String> stats, QueryStatistics statistics, long millis, List<String> lacks) {}

  private static void write(JsonWriter json, PromqlResult.Answer answer, int limit, Asked asked)
      throws IOException {
    json.beginObject().name("status").value("success").name("data").beginObject();
    new ResultWriter(json, limit).write(answer.result());
    if (!asked.stats().isEmpty()) {
      json.name("stats");
      StatisticsWriter.statistics(
          json,
          asked.statistics(),
          asked.millis(),
          asked.stats().contains("all"),
          asked.stats().contains("operators"));
    }
    json.endObject();
    boolean truncated = ResultWriter.truncates(answer.result(), limit);
    List<String> warnings = new ArrayList<>(asked.lacks());
    warnings.addAll(answer.warnings());
    texts(json, "warnings", warnings, truncated);
    texts(json, "infos", answer.infos(), false);
    json.endObject();
  }

  private static void texts(JsonWriter json, String name, List<String> texts, boolean truncated)
      throws IOException {
    if (texts.isEmpty() && !truncated) {
      return;
    }
    json.name(name).beginArray();
    for (String text : texts.subList(0, Math.min(texts.size(), ANNOTATIONS_MAX))) {
      json.value(text);
    }
    if (texts.size() > ANNOTATIONS_MAX) {
      json.value((texts.size() - ANNOTATIONS_MAX) + " more " + name + " omitted");
    }
    if (truncated) {
      json.value(Envelope.TRUNCATED);
    }
    json.endArray();
  }
}
