package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.Api.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Who would have been woken, and what the incident cost. */
final class OnCallQuestions {
  private static final String ALERT = "CheckoutsFail";
  private static final String RULES =
      """
      name: shop
      interval: 30s
      rules:
        - record: shop:checkout_errors:ratio_rate5m
          expr: 'sum(rate(http_requests_total{job="shop/gateway", path="/checkout", status_code=~"5.."}[5m])) / sum(rate(http_requests_total{job="shop/gateway", path="/checkout"}[5m]))'
        - alert: CheckoutsFail
          expr: shop:checkout_errors:ratio_rate5m > 0.1
          for: 1m
          labels: {severity: page}
          annotations: {summary: '{{ $value | humanizePercentage }} of the orders fail'}
      """;

  private static final String SLO =
      """
      service: shop
      slos:
        - name: requests
          language: traceql
          objective: 99 over 7d
          bad: '{ resource.service.name = "gateway" && kind = server && status = error }'
          total: '{ resource.service.name = "gateway" && kind = server }'
      """;

  private static final char QUIET = '·';
  private static final char PENDING = 'p';
  private static final char FIRING = 'F';
  private static final int ATTEMPTS = 100;
  private static final long ATTEMPT_NANOS = 200_000_000L;
  private static final int TRACES_SHOWN = 3;

  private final Api api;
  private final Screen screen;
  private final Verdict verdict;
  private final Shop shop;
  private final Path slos;

  /**
   * Asks a server.
   *
   * @param slos the folder in which it looks for files of SLOs
   */
  OnCallQuestions(Api api, Screen screen, Verdict verdict, Shop shop, Path slos) {
    this.api = api;
    this.screen = screen;
    this.verdict = verdict;
    this.shop = shop;
    this.slos = slos;
  }

  void ask() {
    verdict.guard("the alert", this::alert);
    verdict.guard("the budget", this::budget);
  }

  private long startSeconds() {
    return shop.endNanos() / 1_000_000_000L - Shop.LENGTH.toSeconds();
  }

  private long endSeconds() {
    return shop.endNanos() / 1_000_000_000L;
  }

  /** The half hour is over: the rules are evaluated over it, tick by tick, at its own times. */
  private void alert() {
    screen.question("rule  ", "alert " + ALERT + ", for 1m, as if it had been there all the time");
    String _ =
        api.post(
            "/prometheus/config/v1/rules/demo",
            "application/yaml",
            "",
            RULES.getBytes(StandardCharsets.UTF_8));
    String path =
        "/api/v1/rules/backfill?namespace=demo&start=" + startSeconds() + "&end=" + endSeconds();
    String token = "";
    do {
      byte[] body = token.getBytes(StandardCharsets.UTF_8);
      Node slice = Api.parse(api.post(path, "text/plain", "", body)).at("data");
      token = slice.at("token").text();
    } while (!token.isEmpty());
    String course = course();
    screen.line("     " + course + "  p pending, F firing, a character is 30 s");
    int pending = course.indexOf(PENDING);
    int first = course.indexOf(FIRING);
    int last = course.lastIndexOf(FIRING);
    verdict.check("the alert is pending, then it fires", pending >= 0 && pending < first);
    double fired = startSeconds() + first * (double) Shop.STEP.toSeconds();
    verdict.check(
        "it fires in the incident, a minute after its start at the earliest",
        fired >= shop.incidentStartNanos() / 1e9 + 60 && fired <= shop.incidentEndNanos() / 1e9);
    verdict.check(
        "it is resolved when the incident is over",
        last >= 0 && last < course.length() - 1 && course.charAt(course.length() - 1) == QUIET);
  }

  /** The state of the alert every 30 s. */
  private String course() {
    String query = "ALERTS{alertname=\"" + ALERT + "\"}";
    screen.question("PromQL", query);
    Node answer =
        api.get(
            "/prometheus/api/v1/query_range",
            "query",
            query,
            "start",
            Long.toString(startSeconds()),
            "end",
            Long.toString(endSeconds()),
            "step",
            Long.toString(Shop.STEP.toSeconds()));
    char[] course = new char[shop.steps() + 1];
    Arrays.fill(course, QUIET);
    for (Node series : answer.at("data").at("result").list()) {
      boolean fires = series.at("metric").at("alertstate").text().equals("firing");
      for (Node sample : series.at("values").list()) {
        long seconds = Math.round(sample.at(0).number()) - startSeconds();
        int place = (int) (seconds / Shop.STEP.toSeconds());
        course[Math.clamp(place, 0, course.length - 1)] = fires ? FIRING : PENDING;
      }
    }
    return new String(course);
  }

  /** An SLO that is made after the fact has its past at once: the spans are there. */
  private void budget() {
    screen.question("SLO   ", "99 % of the gateway's requests over 7 days, counted in spans");
    try {
      Files.createDirectories(slos);
      Files.writeString(slos.resolve("shop.yaml"), SLO);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String _ = api.post("/-/reload", "text/plain", "", new byte[0]);
    Node answer = new Node(null);
    boolean counted = false;
    for (int attempt = 0; attempt < ATTEMPTS && !counted; attempt++) {
      LockSupport.parkNanos(attempt == 0 ? 0 : ATTEMPT_NANOS);
      answer = api.get("/api/v1/slos/shop-requests/budget").at("data");
      counted = answer.at("events").at("bad").number() >= shop.counts().slowFailures;
    }
    double bad = answer.at("events").at("bad").number();
    List<Node> traces = answer.at("offenders").at("traces").list();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("events", answer.at("events").at("total").text()));
    rows.add(List.of("bad", answer.at("events").at("bad").text()));
    rows.add(List.of("allowed", Screen.number(answer.at("budget").at("allowed").number())));
    rows.add(
        List.of(
            "budget left",
            Screen.number(100 * answer.at("budget").at("remaining").number()) + " %"));
    for (Node trace : traces.subList(0, Math.min(TRACES_SHOWN, traces.size()))) {
      rows.add(List.of("burnt by", trace.at("traceID").text() + "  " + trace.at("name").text()));
    }
    screen.table(rows);
    // The minute that is not over yet is not counted.
    verdict.check(
        "every failure of the incident is counted, none twice",
        counted && bad <= shop.counts().failures);
    verdict.check(
        "the incident burnt the budget", answer.at("budget").at("remaining").number() < 0);
    verdict.check("the traces that burnt it are named", !traces.isEmpty());
  }
}
