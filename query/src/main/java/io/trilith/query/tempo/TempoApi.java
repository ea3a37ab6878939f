package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.SpanReader;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The HTTP API of Tempo: search, traces by id, tags, TraceQL metrics. Thread-safe. */
public final class TempoApi {
  private final TempoQueries queries;
  private final TraceQueryConfig config;
  private final String version;
  private final TagsApi tags;
  private final MetricsApi metrics;
  private final TraceApi traces;

  /**
   * Makes the API.
   *
   * @param readers what a tenant has now
   * @param limits of what queries share with those of other signals
   * @param version of this program, for build info
   */
  public TempoApi(
      Function<TenantId, SpanReader> readers,
      TraceQueryConfig config,
      TempoLimits limits,
      InstantSource clock,
      String version) {
    this.queries = new TempoQueries(readers, clock, limits);
    this.config = config;
    this.version = version;
    this.tags = new TagsApi(queries, config);
    this.metrics = new MetricsApi(queries, config, clock);
    this.traces = new TraceApi(queries, config);
  }

  /** Adds all paths at {@code /api} and below {@code /tempo/api}. */
  public void register(Routes routes) {
    registerVersionless(routes);
    for (String prefix : List.of("", "/tempo")) {
      register(routes, prefix);
    }
  }

  /** What Prometheus' API has at the same place is registered by its own author. */
  private void registerVersionless(Routes routes) {
    routes.open().read("/api/status/buildinfo", _ -> buildInfo());
    routes.open().read("/tempo/api/status/buildinfo", _ -> buildInfo());
    routes.open().read("/tempo/status/version", _ -> HttpAnswer.text(200, "trilith " + version));
    routes.open().read("/status/version", _ -> HttpAnswer.text(200, "trilith " + version));
  }

  private void register(Routes routes, String prefix) {
    routes.open().read(prefix + "/api/echo", _ -> HttpAnswer.text(200, "echo"));
    read(routes, prefix + "/api/traces/{id}", traces::v1);
    read(routes, prefix + "/api/v2/traces/{id}", traces::v2);
    read(routes, prefix + "/api/search", this::search);
    read(routes, prefix + "/api/search/tags", tags::names);
    read(routes, prefix + "/api/v2/search/tags", tags::scopedNames);
    read(routes, prefix + "/api/search/tag/{tag...}/values", tags::values);
    read(routes, prefix + "/api/v2/search/tag/{tag...}/values", tags::typedValues);
    read(routes, prefix + "/api/metrics/query_range", request -> metrics.range(request, false));
    read(routes, prefix + "/api/metrics/query", request -> metrics.range(request, true));
  }

  private static void read(Routes routes, String pattern, HttpHandler handler) {
    routes.read(pattern, TempoQueries.guard(handler));
  }

  static TraceQuery parse(String text, TraceQueryConfig config) {
    int size =
        text.length() > config.querySize().bytes()
            ? text.length()
            : text.getBytes(StandardCharsets.UTF_8).length;
    if (size > config.querySize().bytes()) {
      throw new InvalidRequestException(
          "invalid TraceQL query: "
              + size
              + " bytes are more than trace-query.query-size = "
              + config.querySize());
    }
    return TraceQueries.parse(text);
  }

  private HttpAnswer search(HttpRequest request) throws InterruptedException {
    Parameters.Range range = Parameters.optionalRange(request);
    if (request.parameter("start").isPresent() && request.parameter("end").isPresent()) {
      Parameters.checkLength(
          range, config.searchRangeMax(), "range specified by start and end exceeds ");
    }
    int limit = Parameters.integer(request, "limit", config.limitDefault(), 1, config.limitMax());
    int spans =
        Parameters.integer(
            request, "spss", config.spansPerSetDefault(), 0, config.spansPerSetMax());
    TraceSearch.Request wanted =
        new TraceSearch.Request(
            pipeline(request),
            range.start(),
            range.end(),
            limit,
            spans == 0 ? config.spansPerSetMax() : spans,
            config.traceSpansMax(),
            config.spansExaminedMax());
    boolean grafana =
        request.header("user-agent").orElse("").startsWith("Grafana")
            || request.header("x-grafana-org-id").isPresent();
    return queries.run(
        request,
        (reader, context) -> {
          TraceSearch.Result result = TraceSearch.run(reader, wanted, context);
          return HttpAnswer.json(200, SearchJson.of(result, grafana, context.budget()));
        });
  }

  private Pipeline pipeline(HttpRequest request) {
    Optional<String> query = request.parameter("q");
    Optional<String> tagList = request.parameter("tags");
    if (query.isPresent() && tagList.isPresent()) {
      throw new InvalidRequestException(
          "invalid request: can't specify tags and q in the same query");
    }
    List<Pipeline.Stage> stages = new ArrayList<>();
    Optional<Long> min = duration(request, "minDuration");
    Optional<Long> max = duration(request, "maxDuration");
    if (min.isPresent() && max.isPresent() && max.get() <= min.get()) {
      throw new InvalidRequestException("invalid maxDuration: must be greater than minDuration");
    }
    if (query.isPresent()) {
      switch (parse(query.get(), config)) {
        case TraceQuery.Search search -> stages.addAll(search.pipeline().stages());
        case TraceQuery.Series _ ->
            throw new InvalidRequestException(
                "invalid TraceQL query: a metrics query; ask /api/metrics/query_range");
      }
    } else {
      stages.add(new Pipeline.Filter(LegacyTags.condition(tagList.orElse(""))));
    }
    min.ifPresent(nanos -> stages.add(traceDuration(ComparisonOperator.GREATER_EQUAL, nanos)));
    max.ifPresent(nanos -> stages.add(traceDuration(ComparisonOperator.LESS_EQUAL, nanos)));
    return new Pipeline(stages);
  }

  private static Pipeline.Filter traceDuration(ComparisonOperator operator, long nanos) {
    return new Pipeline.Filter(
        new Expression.Comparison(
            operator,
            new Expression.IntrinsicField(Intrinsic.TRACE_DURATION),
            new Expression.Literal(new Static.Duration(nanos))));
  }

  private static Optional<Long> duration(HttpRequest request, String name) {
    return request.parameter(name).map(text -> Parameters.duration(name, text));
  }

  private HttpAnswer buildInfo() {
    return HttpAnswer.json(
        200,
        new JsonText()
            .open('{')
            .field("version", version)
            .field("revision", "")
            .field("branch", "")
            .field("buildUser", "")
            .field("buildDate", "")
            .field("goVersion", "")
            .close('}')
            .toString());
  }
}
