package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.Api.Node;
import io.trilith.cli.demo.TraceQuestions.SpanView;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The three clicks of the on-call: spike → exemplar → trace → its slow span → the logs of that
 * trace.
 */
final class IncidentWalk {
  private final Api api;
  private final Screen screen;
  private final Verdict verdict;
  private final Shop shop;
  private final TraceQuestions traces;
  private final LogQuestions logs;

  IncidentWalk(
      Api api,
      Screen screen,
      Verdict verdict,
      Shop shop,
      TraceQuestions traces,
      LogQuestions logs) {
    this.api = api;
    this.screen = screen;
    this.verdict = verdict;
    this.shop = shop;
    this.traces = traces;
    this.logs = logs;
  }

  void walk() {
    screen.title("The incident: from the spike to the line that explains it");
    verdict.guard("the walk", this::steps);
  }

  private void steps() {
    screen.line("  1. the spike's exemplars");
    Optional<Node> exemplar = slowestExemplar();
    verdict.check("an exemplar of more than a second in the spike", exemplar.isPresent());
    if (exemplar.isEmpty()) {
      return;
    }
    String id = exemplar.get().at("labels").at("trace_id").text();
    screen.line(
        "     %s s, trace_id=%s".formatted(Screen.number(exemplar.get().at("value").number()), id));

    screen.line("");
    screen.line("  2. its trace");
    List<SpanView> spans = traces.trace(id);
    traces.draw(spans);
    verdict.check("the whole trace, over four services", spans.size() >= 6);

    screen.line("");
    screen.line("  3. the span that took the time");
    Optional<SpanView> slowest = mostOwnTime(spans);
    slowest.ifPresent(
        span ->
            screen.line(
                "     %s: %s, %s ms of its own"
                    .formatted(span.service(), span.name(), span.duration() / 1_000_000)));
    verdict.check(
        "it is payment's fraud check",
        slowest.map(SpanView::name).orElse("").equals("fraud-check"));

    screen.line("");
    screen.line("  4. the logs of that trace");
    List<Node> entries =
        logs.entries("{service_name=~\"checkout|payment\"} | trace_id=\"" + id + "\"", 100);
    logs.lines(entries, 10);
    verdict.check(
        "the fraud check says why",
        entries.stream()
            .anyMatch(e -> e.at(1).text().contains("fraud check slow: rule set reloaded")));
    String path = "/api/v2/traces/" + id + "/logs";
    screen.question("Tempo ", path);
    long found = 0;
    for (Node stream : api.get(path).at("data").at("result").list()) {
      found += stream.at("values").list().size();
    }
    verdict.check("the same lines without knowing a label", found == entries.size());
  }

  private Optional<Node> slowestExemplar() {
    String query = "http_request_duration_seconds_bucket{path=\"/checkout\",job=\"shop/gateway\"}";
    screen.question("PromQL", query + "  (exemplars)");
    // The SDK stamps exemplars with a clock of its own, which does not know that the half hour
    // passed in seconds.
    Node answer =
        api.get(
            "/prometheus/api/v1/query_exemplars",
            "query",
            query,
            "start",
            Double.toString(shop.incidentStartNanos() / 1e9),
            "end",
            Double.toString(shop.endNanos() / 1e9 + 3600));
    return answer.at("data").list().stream()
        .flatMap(series -> series.at("exemplars").list().stream())
        .filter(exemplar -> exemplar.at("value").number() > 1)
        .max(Comparator.comparingDouble(exemplar -> exemplar.at("value").number()));
  }

  private static Optional<SpanView> mostOwnTime(List<SpanView> spans) {
    Map<String, Long> own = new HashMap<>();
    for (SpanView span : spans) {
      own.merge(span.id(), span.duration(), Long::sum);
      own.merge(span.parent(), -span.duration(), Long::sum);
    }
    return spans.stream().max(Comparator.comparingLong(span -> own.getOrDefault(span.id(), 0L)));
  }
}
