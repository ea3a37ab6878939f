package io.trilith.query.tempo;

import io.trilith.config.Scope;
import io.trilith.config.TraceQueryConfig;
import io.trilith.engine.Admission;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.SpanReader;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;

/** The API of Tempo: search, traces by id, tags, TraceQL metrics. Thread-safe. */
public final class TempoApi {
  private final String version;
  private final SearchApi search;
  private final TagsApi tags;
  private final MetricsApi metrics;
  private final TraceApi traces;

  /**
   * Makes the API.
   *
   * @param readers what a tenant has now
   * @param admission which queries of all signals share
   * @param version of this program, for build info
   */
  public TempoApi(
      Function<TenantId, SpanReader> readers,
      TraceQueryConfig config,
      Admission admission,
      InstantSource clock,
      String version) {
    TempoQueries queries = new TempoQueries(readers, admission);
    this.version = version;
    this.search = new SearchApi(queries, config);
    this.tags = new TagsApi(queries, config);
    this.metrics = new MetricsApi(queries, config, clock);
    this.traces = new TraceApi(queries, config);
  }

  /** Adds all paths at {@code /api} and below {@code /tempo/api}, and the methods of gRPC. */
  public void register(Routes routes) {
    ScopedRoutes any = routes.forAnyCaller();
    ScopedRoutes reads = routes.needs(Scope.READ_TRACES);
    registerVersionless(any);
    for (String prefix : List.of("", "/tempo")) {
      any.read(prefix + "/api/echo", _ -> HttpAnswer.text(200, "echo"));
      register(reads, prefix);
    }
    new StreamingQuerier(search, tags, metrics).register(reads);
  }

  /** What Prometheus' API has at the same place is registered by its own author. */
  private void registerVersionless(ScopedRoutes any) {
    any.read("/api/status/buildinfo", _ -> buildInfo());
    any.read("/tempo/api/status/buildinfo", _ -> buildInfo());
    any.read("/tempo/status/version", _ -> HttpAnswer.text(200, "trilith " + version));
    any.read("/status/version", _ -> HttpAnswer.text(200, "trilith " + version));
  }

  private void register(ScopedRoutes reads, String prefix) {
    read(reads, prefix + "/api/traces/{id}", traces::v1);
    read(reads, prefix + "/api/v2/traces/{id}", traces::v2);
    read(reads, prefix + "/api/search", search::answer);
    read(reads, prefix + "/api/search/tags", tags::names);
    read(reads, prefix + "/api/v2/search/tags", tags::scopedNames);
    read(reads, prefix + "/api/search/tag/{tag...}/values", tags::values);
    read(reads, prefix + "/api/v2/search/tag/{tag...}/values", tags::typedValues);
    read(reads, prefix + "/api/metrics/query_range", request -> metrics.answer(request, false));
    read(reads, prefix + "/api/metrics/query", request -> metrics.answer(request, true));
  }

  private static void read(ScopedRoutes routes, String pattern, HttpHandler handler) {
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
