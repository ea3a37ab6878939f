package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.Api.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What one asks metrics, in PromQL. */
final class MetricQuestions {
  private static final int STEP_SECONDS = 60;
  private static final String ERROR_PERCENT =
      "sum(rate(http_requests_total{status_code=~\"5..\"}[5m])) /"
          + " sum(rate(http_requests_total[5m])) * 100";
  private static final String P95 =
      "histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket[5m])) by (le, path))";

  private final Api api;
  private final Screen screen;
  private final Verdict verdict;
  private final Shop shop;
  private final double end;

  MetricQuestions(Api api, Screen screen, Verdict verdict, Shop shop) {
    this.api = api;
    this.screen = screen;
    this.verdict = verdict;
    this.shop = shop;
    this.end = shop.endNanos() / 1e9;
  }

  void ask() {
    verdict.guard("error percentage", this::errorPercentage);
    verdict.guard("latency by path", this::latencyByPath);
    verdict.guard("slowest paths", this::slowestPaths);
    verdict.guard("CPU by mode", this::cpuByMode);
    verdict.guard("requests", this::requests);
    verdict.guard("disk", this::disk);
    verdict.guard("more", this::more);
  }

  private List<Node> instant(String query) {
    screen.question("PromQL", query);
    Node answer = api.get("/prometheus/api/v1/query", "query", query, "time", Double.toString(end));
    return answer.at("data").at("result").list();
  }

  private List<Node> range(String query) {
    screen.question("PromQL", query);
    double start = end - Shop.LENGTH.toSeconds() + 120;
    Node answer =
        api.get(
            "/prometheus/api/v1/query_range",
            "query",
            query,
            "start",
            Double.toString(start),
            "end",
            Double.toString(end),
            "step",
            Integer.toString(STEP_SECONDS));
    return answer.at("data").at("result").list();
  }

  private static double[] values(Node series) {
    return series.at("values").list().stream().mapToDouble(v -> v.at(1).number()).toArray();
  }

  private static double max(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).max().orElse(Double.NaN);
  }

  private static double value(List<Node> vector) {
    return vector.isEmpty() ? Double.NaN : vector.getFirst().at("value").at(1).number();
  }

  private static boolean near(double actual, double expected) {
    return Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  }

  private void table(List<Node> vector) {
    List<List<String>> rows = new ArrayList<>();
    for (Node one : vector) {
      rows.add(List.of(labels(one), Screen.number(one.at("value").at(1).number())));
    }
    screen.table(rows);
  }

  private static String labels(Node series) {
    Map<String, String> labels = series.at("metric").texts();
    return labels.isEmpty() ? "{}" : labels.toString();
  }

  private void errorPercentage() {
    List<Node> series = range(ERROR_PERCENT);
    double[] values = series.isEmpty() ? new double[0] : values(series.getFirst());
    screen.line("     " + Screen.sparkline(values) + "  max " + Screen.number(max(values)) + " %");
    verdict.check("errors rise in the incident", max(values) > 5);
  }

  private void latencyByPath() {
    List<List<String>> rows = new ArrayList<>();
    double checkout = 0;
    double others = 0;
    for (Node series : range(P95)) {
      double[] values = values(series);
      String path = series.at("metric").at("path").text();
      rows.add(List.of(path, Screen.sparkline(values), "max " + Screen.number(max(values)) + " s"));
      if (path.equals("/checkout")) {
        checkout = max(values);
      } else {
        others = Math.max(others, max(values));
      }
    }
    screen.table(rows);
    verdict.check("only /checkout got slow", checkout > 1 && others < 0.5 && rows.size() == 3);
  }

  private void slowestPaths() {
    List<Node> top = instant("topk(5, " + P95 + ")");
    table(top);
    verdict.check("three paths, slowest first", top.size() == 3);
  }

  private void cpuByMode() {
    List<Node> modes = instant("avg by (mode) (irate(node_cpu_seconds_total[5m]))");
    table(modes);
    double idle = 0;
    double sum = 0;
    for (Node mode : modes) {
      double share = mode.at("value").at(1).number();
      sum += share;
      idle = mode.at("metric").at("mode").text().equals("idle") ? share : idle;
    }
    verdict.check("shares add up to one, idle 0.7", near(idle, 0.7) && near(sum, 1));
  }

  private void requests() {
    List<Node> total = instant("sum(http_requests_total{job=\"shop/gateway\"})");
    table(total);
    verdict.check(
        "as many as the shop served: " + shop.counts().requests,
        value(total) == shop.counts().requests);
    List<Node> byPath =
        instant("sum by (path) (increase(http_requests_total{job=\"shop/gateway\"}[10m]))");
    table(byPath);
    verdict.check("an increase on each path", byPath.size() == shop.counts().byPath.size());
    List<Node> before = instant("sum(http_requests_total{job=\"shop/gateway\"} offset 15m)");
    table(before);
    List<Node> at =
        instant("sum(http_requests_total{job=\"shop/gateway\"} @ %d)".formatted((long) end - 900));
    table(at);
    verdict.check(
        "offset and @ see the same past",
        value(before) == value(at) && value(before) < value(total));
  }

  private void disk() {
    double seconds = Shop.LENGTH.toSeconds();
    double used = 1 - (16e9 - seconds * 3e6) / 64e9;
    List<Node> share =
        instant("1 - (node_filesystem_avail_bytes / on (mountpoint) node_filesystem_size_bytes)");
    table(share);
    verdict.check("share of the disk in use", near(value(share), used));
    List<Node> full = instant("predict_linear(node_filesystem_avail_bytes[1h], 4*3600) < 0");
    table(full);
    verdict.check(
        "the disk will be full in four hours",
        Math.abs(value(full) - (16e9 - (seconds + 4 * 3600) * 3e6)) < 1e6);
  }

  private void more() {
    verdict.check(
        "absent() of what is not there", value(instant("absent(up{job=\"nothing\"})")) == 1);
    List<Node> slope = instant("deriv(sum(rate(http_requests_total[5m]))[30m:1m])");
    table(slope);
    verdict.check("a slope over a subquery", Double.isFinite(value(slope)));
  }
}
