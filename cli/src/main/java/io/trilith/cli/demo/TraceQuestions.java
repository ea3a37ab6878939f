package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.Api.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** What one asks traces, in TraceQL, and how a trace is drawn. */
final class TraceQuestions {
  private static final String SLOW_FAILURES =
      "{ resource.service.name = \"checkout\" && span.http.status_code >= 500 && duration > 1s &&"
          + " status = error }";

  private static final String SERVICE_MAP =
      "sum by (client, server) (traces_service_graph_request_total)";
  private static final int ATTEMPTS = 30;
  private static final long ATTEMPT_NANOS = 200_000_000L;

  private final Api api;
  private final Screen screen;
  private final Verdict verdict;
  private final Shop shop;

  TraceQuestions(Api api, Screen screen, Verdict verdict, Shop shop) {
    this.api = api;
    this.screen = screen;
    this.verdict = verdict;
    this.shop = shop;
  }

  void ask() {
    verdict.guard("slow failures", this::slowFailures);
    verdict.guard("tags", this::tags);
    verdict.guard("service map", this::serviceMap);
  }

  /** Metrics made of the spans are written once a second here: the last ones are waited for. */
  private void serviceMap() {
    screen.question("PromQL", SERVICE_MAP);
    List<Node> edges = List.of();
    boolean whole = false;
    for (int attempt = 0; attempt < ATTEMPTS && !whole; attempt++) {
      LockSupport.parkNanos(attempt == 0 ? 0 : ATTEMPT_NANOS);
      edges =
          api.get("/prometheus/api/v1/query", "query", SERVICE_MAP).at("data").at("result").list();
      double sum = 0;
      for (Node edge : edges) {
        boolean entry = edge.at("metric").at("client").text().equals("gateway");
        sum += entry ? edge.at("value").at(1).number() : 0;
      }
      whole = sum == shop.counts().requests;
    }
    List<List<String>> rows = new ArrayList<>();
    for (Node edge : edges) {
      rows.add(
          List.of(
              edge.at("metric").at("client").text() + " → " + edge.at("metric").at("server").text(),
              edge.at("value").at(1).text()));
    }
    screen.table(rows);
    verdict.check("the service map has each request of the gateway", whole);
  }

  private List<Node> search(String query) {
    screen.question("TraceQL", query);
    Node answer =
        api.get(
            "/tempo/api/search",
            "q",
            query,
            "limit",
            "1000",
            "start",
            Long.toString(shop.endNanos() / 1_000_000_000L - Shop.LENGTH.toSeconds() - 60),
            "end",
            Long.toString(shop.endNanos() / 1_000_000_000L + 60));
    return answer.at("traces").list();
  }

  private void slowFailures() {
    List<Node> traces = search(SLOW_FAILURES);
    List<List<String>> rows = new ArrayList<>();
    for (Node trace : traces.subList(0, Math.min(4, traces.size()))) {
      rows.add(
          List.of(
              trace.at("traceID").text(),
              trace.at("rootServiceName").text() + ": " + trace.at("rootTraceName").text(),
              trace.at("durationMs").text() + " ms"));
    }
    screen.table(rows);
    verdict.check(
        "all " + shop.counts().slowFailures + " slow failures, none else",
        traces.size() == shop.counts().slowFailures);
  }

  private void tags() {
    screen.question("Tempo ", "/api/v2/search/tag/resource.service.name/values");
    Node answer = api.get("/tempo/api/v2/search/tag/resource.service.name/values");
    List<String> names =
        answer.at("tagValues").list().stream().map(v -> v.at("value").text()).sorted().toList();
    screen.line("     " + String.join(", ", names));
    verdict.check(
        "the six services",
        names.equals(List.of("cart", "catalog", "checkout", "gateway", "payment", "shipping")));
  }

  /** One span of a fetched trace. Times in nanoseconds. */
  record SpanView(
      String id, String parent, String service, String name, long start, long end, boolean error) {
    long duration() {
      return end - start;
    }
  }

  /** The spans of a trace, as the API answers it. */
  List<SpanView> trace(String id) {
    screen.question("Tempo ", "/api/v2/traces/" + id);
    List<SpanView> spans = new ArrayList<>();
    Node trace = api.get("/tempo/api/v2/traces/" + id).at("trace");
    for (Node resourceSpans : trace.at("resourceSpans").list()) {
      String service = "";
      for (Node attribute : resourceSpans.at("resource").at("attributes").list()) {
        if (attribute.at("key").text().equals("service.name")) {
          service = attribute.at("value").at("stringValue").text();
        }
      }
      for (Node scopeSpans : resourceSpans.at("scopeSpans").list()) {
        for (Node span : scopeSpans.at("spans").list()) {
          spans.add(span(service, span));
        }
      }
    }
    return spans;
  }

  private static SpanView span(String service, Node span) {
    String code = span.at("status").at("code").text().toUpperCase(Locale.ROOT);
    return new SpanView(
        span.at("spanId").text(),
        span.at("parentSpanId").text(),
        service,
        span.at("name").text(),
        span.at("startTimeUnixNano").integer(),
        span.at("endTimeUnixNano").integer(),
        code.equals("2") || code.endsWith("ERROR"));
  }

  /** Draws the spans as a tree beside their time. */
  void draw(List<SpanView> spans) {
    Map<String, List<SpanView>> children = new HashMap<>();
    for (SpanView span : spans) {
      children.computeIfAbsent(span.parent, p -> new ArrayList<>()).add(span);
    }
    List<Screen.Bar> bars = new ArrayList<>();
    addBars("", 0, children, bars);
    screen.waterfall(bars);
  }

  private static void addBars(
      String parent, int depth, Map<String, List<SpanView>> children, List<Screen.Bar> bars) {
    for (SpanView span : children.getOrDefault(parent, List.of())) {
      bars.add(new Screen.Bar(depth, span.service, span.name, span.start, span.end, span.error));
      if (depth < 20 && !span.id.isEmpty()) {
        addBars(span.id, depth + 1, children, bars);
      }
    }
  }
}
