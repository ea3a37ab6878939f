package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.Api.Node;
import java.util.ArrayList;
import java.util.List;

/** What one asks logs, in LogQL. */
final class LogQuestions {
  private final Api api;
  private final Screen screen;
  private final Verdict verdict;
  private final Shop shop;
  private final int workerLines;
  private final int workerErrors;

  LogQuestions(
      Api api, Screen screen, Verdict verdict, Shop shop, int workerLines, int workerErrors) {
    this.api = api;
    this.screen = screen;
    this.verdict = verdict;
    this.shop = shop;
    this.workerLines = workerLines;
    this.workerErrors = workerErrors;
  }

  void ask() {
    verdict.guard("filters", this::filters);
    verdict.guard("format", this::format);
    verdict.guard("rates", this::rates);
    verdict.guard("counts", this::counts);
  }

  /** Entries of a query, newest first: time, line. */
  List<Node> entries(String query, int limit) {
    screen.question("LogQL ", query);
    Node answer =
        api.get(
            "/loki/api/v1/query_range",
            "query",
            query,
            "start",
            Long.toString(shop.endNanos() - Shop.LENGTH.toNanos() - 1),
            "end",
            Long.toString(shop.endNanos() + 1_000_000_000L),
            "limit",
            Integer.toString(limit),
            "direction",
            "backward");
    List<Node> entries = new ArrayList<>();
    for (Node stream : answer.at("data").at("result").list()) {
      entries.addAll(stream.at("values").list());
    }
    return entries;
  }

  private List<Node> instant(String query) {
    screen.question("LogQL ", query);
    Node answer =
        api.get(
            "/loki/api/v1/query",
            "query",
            query,
            "time",
            Long.toString(shop.endNanos() + 1_000_000_000L));
    List<Node> vector = answer.at("data").at("result").list();
    List<List<String>> rows = new ArrayList<>();
    for (Node one : vector) {
      rows.add(
          List.of(
              one.at("metric").texts().toString(), Screen.number(one.at("value").at(1).number())));
    }
    screen.table(rows);
    return vector;
  }

  private static double value(List<Node> vector) {
    return vector.isEmpty() ? Double.NaN : vector.getFirst().at("value").at(1).number();
  }

  void lines(List<Node> entries, int most) {
    for (Node entry : entries.subList(0, Math.min(most, entries.size()))) {
      screen.line("     " + entry.at(1).text());
    }
  }

  private void filters() {
    List<Node> found =
        entries(
            "{app=\"worker\", level=\"error\"} |= \"timeout\" | json | msg =~ \"OOM|out of memory\""
                + " | tenantId = \"acme\"",
            100);
    lines(found, 2);
    verdict.check("all " + workerErrors + " of the worker's errors", found.size() == workerErrors);
  }

  private void format() {
    List<Node> found = entries("{app=\"worker\"} | json | line_format \"{{.msg}}\"", 3);
    lines(found, 3);
    verdict.check(
        "lines are made of one field",
        found.size() == 3
            && found.stream()
                .allMatch(
                    e ->
                        e.at(1).text().equals("synced") || e.at(1).text().equals("out of memory")));
  }

  private void rates() {
    verdict.check(
        "a rate for each of three contexts",
        instant("sum by (context) (rate({app=\"worker\"} | json [5m]))").size() == 3);
    double quantile =
        value(
            instant(
                "quantile_over_time(0.99, {app=\"worker\"} | json | unwrap durationMs [10m]) by"
                    + " (route)"));
    verdict.check("the 0.99 quantile of a field", quantile > 60 && quantile < 20 + workerLines);
    verdict.check("vector(1)+vector(1) is 2", value(instant("vector(1)+vector(1)")) == 2);
  }

  private void counts() {
    List<Node> top =
        instant(
            "topk(10, sum(count_over_time({job=\"sync\"} | json | level=\"error\" [1h])) by"
                + " (msg))");
    verdict.check("errors by message", value(top) == workerErrors);
    List<Node> all = instant("sum(count_over_time({service_namespace=\"shop\"}[1h]))");
    verdict.check(
        "as many lines as the shop wrote: " + shop.counts().logs, value(all) == shop.counts().logs);
  }
}
