package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The APIs of rules on a whole server, and rules over its end. */
class RulesOverHttpTest {
  private static final String MIMIR = "/prometheus/config/v1/rules";
  private static final String LOKI = "/loki/api/v1/rules";
  private static final String GROUP =
      """
      name: g1
      interval: 1s
      rules:
      - {record: 'r:one', expr: vector(1), labels: {team: a}}
      - {alert: Always, expr: vector(2) > 1, labels: {team: b}, annotations: {d: '{{ $value }}'}}
      """;

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();

  private HttpResponse<String> call(int port, String method, String path, String body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String get(int port, String path) {
    return call(port, "GET", path, "").body();
  }

  private int status(int port, String method, String path, String body) {
    return call(port, method, path, body).statusCode();
  }

  /** Waits until something holds; a server that never gets there fails the test. */
  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  @Test
  void groupsAreSetReadAndDeleted() {
    TestServer.with(
        directory,
        port -> {
          assertThat(status(port, "GET", MIMIR, "")).isEqualTo(200);
          assertThat(get(port, MIMIR)).isEqualTo("{}\n");
          assertThat(call(port, "GET", LOKI, "").body()).isEqualTo("no rule groups found\n");
          HttpResponse<String> set = call(port, "POST", MIMIR + "/a%2Fb", GROUP);
          assertThat(set.statusCode()).isEqualTo(202);
          assertThat(set.body())
              .isEqualTo(
                  "{\"status\":\"success\",\"data\":null,\"errorType\":\"\",\"error\":\"\"}");
          for (String path : new String[] {"/a%2Fb/g1", "/a/b/g1"}) {
            assertThat(get(port, MIMIR + path)).startsWith("name: g1\ninterval: 1s\n");
          }
          assertThat(get(port, MIMIR + "/a/b")).startsWith("a/b:\n");
          assertThat(status(port, "GET", MIMIR + "/a%2Fb/none", "")).isEqualTo(404);
          HttpResponse<String> refused =
              call(port, "POST", MIMIR + "/a%2Fb", "name: x\nrules:\n- {record: y, exp: 1}\n");
          assertThat(refused.statusCode()).isEqualTo(400);
          assertThat(refused.body()).contains("3:", "group \"x\"", "rule 1", "field exp not found");
          assertThat(status(port, "POST", MIMIR + "/a", "")).isEqualTo(400);
          assertThat(status(port, "DELETE", MIMIR + "/a%2Fb/g1", "")).isEqualTo(202);
          assertThat(status(port, "DELETE", MIMIR + "/a%2Fb/g1", "")).isEqualTo(404);
          assertThat(status(port, "DELETE", MIMIR + "/a%2Fb", "")).isEqualTo(404);
          String logs = "name: l\nrules:\n- {record: 'l:r', expr: 'sum(rate({a=\"b\"}[1m]))'}\n";
          assertThat(status(port, "POST", LOKI + "/ns", logs)).isEqualTo(202);
          assertThat(get(port, "/api/prom/rules/ns/l")).contains("l:r");
          assertThat(get(port, MIMIR)).isEqualTo("{}\n");
        });
  }

  @Test
  void rulesAlertsAndAlertmanagersAreTold() {
    TestServer.with(
        directory,
        port -> {
          assertThat(get(port, "/api/v1/rules"))
              .isEqualTo("{\"status\":\"success\",\"data\":{\"groups\":[]}}");
          assertThat(status(port, "POST", MIMIR + "/ns", GROUP)).isEqualTo(202);
          await(() -> get(port, "/api/v1/alerts").contains("\"state\":\"firing\""));
          String all = get(port, "/prometheus/api/v1/rules");
          assertThat(all)
              .contains("\"name\":\"g1\",\"file\":\"ns\",\"rules\":[", "\"interval\":1,\"limit\":0")
              .contains("\"value\":\"2e+00\"", "\"annotations\":{\"d\":\"2\"}")
              .contains("\"type\":\"recording\"", "\"type\":\"alerting\"");
          assertThat(get(port, "/api/v1/rules?type=alert&exclude_alerts=true"))
              .contains("Always", "\"alerts\":null")
              .doesNotContain("r:one");
          assertThat(get(port, "/api/v1/rules?rule_name=r:one")).doesNotContain("Always");
          assertThat(get(port, "/api/v1/rules?match[]=%7Bteam%3D%22b%22%7D"))
              .contains("Always")
              .doesNotContain("r:one");
          assertThat(get(port, "/api/v1/rules?file=other")).contains("\"groups\":[]");
          for (String wrong :
              new String[] {"type=x", "group_limit=0", "group_next_token=a", "exclude_alerts=x"}) {
            assertThat(status(port, "GET", "/api/v1/rules?" + wrong, "")).isEqualTo(400);
          }
          await(() -> get(port, "/api/v1/query?query=r:one").contains("\"team\":\"a\""));
          assertThat(get(port, "/api/v1/query?query=ALERTS")).contains("\"alertstate\":\"firing\"");
          assertThat(get(port, "/api/v1/alertmanagers")).contains("\"activeAlertmanagers\":[]");
          assertThat(get(port, "/metrics"))
              .contains("prometheus_rule_evaluations_total{rule_group=\"ns;g1\"}");
        });
  }

  @Test
  void rulesAndTheirStateOutliveTheServer() throws Exception {
    String[] since = new String[1];
    Path rules =
        Files.writeString(
            directory.resolve("rules.yml"),
            "groups: [{name: f, interval: 1s, rules: [{alert: Filed, expr: vector(1), for: 1h}]}]");
    Path data = directory.resolve("data");
    String key = "rules.files=" + rules;
    try (ServerProcess server = new ServerProcess(data, "--set", key)) {
      assertThat(status(server.httpPort(), "POST", MIMIR + "/ns", GROUP)).isEqualTo(202);
      await(() -> get(server.httpPort(), "/api/v1/alerts").contains("Filed"));
      since[0] = activeAt(get(server.httpPort(), "/api/v1/alerts"));
      server.kill();
    }
    try (ServerProcess server = new ServerProcess(data, "--set", key)) {
      String alerts = get(server.httpPort(), "/api/v1/alerts");
      assertThat(activeAt(alerts)).isEqualTo(since[0]);
      assertThat(get(server.httpPort(), MIMIR)).startsWith("ns:\n");
      Files.writeString(rules, "groups: [{name: f, rules: [{alert: Filed}]}]");
      HttpResponse<String> reload = call(server.httpPort(), "POST", "/-/reload", "");
      assertThat(reload.statusCode()).isEqualTo(500);
      assertThat(reload.body()).contains("rules.yml", "field 'expr' must be set");
      assertThat(get(server.httpPort(), "/api/v1/rules")).contains("Filed");
      Files.writeString(rules, "groups: []");
      assertThat(status(server.httpPort(), "POST", "/-/reload", "")).isEqualTo(200);
      assertThat(get(server.httpPort(), "/api/v1/rules")).doesNotContain("Filed");
    }
  }

  @Test
  void rulesGetAPast() {
    TestServer.with(
        directory.resolve("data"),
        port -> {
          assertThat(status(port, "POST", MIMIR + "/ns", GROUP)).isEqualTo(202);
          String server = "http://127.0.0.1:" + port;
          Path kept = directory.resolve("kept");
          SmallBucket.Ran ran =
              SmallBucket.run(
                  "rules",
                  "backfill",
                  "--start",
                  "10m",
                  "--server",
                  server,
                  "--resume",
                  kept.toString());
          assertThat(ran.err()).contains("100.0%");
          assertThat(ran.status()).isZero();
          assertThat(ran.out()).contains("ticks evaluated");
          assertThat(kept).doesNotExist();
          assertThat(get(port, "/api/v1/query?query=count_over_time(r:one[5m])%3E290"))
              .contains("\"team\":\"a\"");
          assertThat(get(port, "/api/v1/query?query=count_over_time(ALERTS[5m])%3E290"))
              .contains("\"alertstate\":\"firing\"");
          SmallBucket.Ran none =
              SmallBucket.run(
                  "rules", "backfill", "--start", "10m", "--group", "none", "--server", server);
          assertThat(none.status()).isEqualTo(1);
          assertThat(none.err()).contains("there is no such group: 'none'");
          String path = "/api/v1/rules/backfill?start=";
          assertThat(status(port, "POST", path + "1&end=9999999999", "")).isEqualTo(400);
          assertThat(status(port, "POST", path + "2&end=1", "")).isEqualTo(400);
          assertThat(status(port, "POST", path + "x&end=1", "")).isEqualTo(400);
          assertThat(status(port, "POST", path + "1&end=2", "no token")).isEqualTo(400);
        });
  }

  @Test
  void silencesAreSetListedAndEnded() {
    TestServer.with(
        directory,
        port -> {
          String path = "/api/v2/silences";
          assertThat(get(port, path)).isEqualTo("[]");
          String matcher = "{\"name\":\"team\",\"value\":\"a|b\",\"isRegex\":true}";
          String silence =
              "{\"matchers\":[%s],\"startsAt\":\"2026-11-21T12:00:00.000Z\","
                  + "\"endsAt\":\"2999-01-01T00:00:00Z\",\"createdBy\":\"me\",\"comment\":\"known\"}";
          HttpResponse<String> set = call(port, "POST", path, silence.formatted(matcher));
          assertThat(set.statusCode()).isEqualTo(200);
          String id = set.body().substring(14, set.body().length() - 2);
          assertThat(set.body()).isEqualTo("{\"silenceID\":\"" + id + "\"}");
          assertThat(get(port, path))
              .contains(id, "\"state\":\"active\"", "\"isRegex\":true", "\"comment\":\"known\"");
          assertThat(get(port, path + "?filter=team%3D%22a%7Cb%22")).contains(id);
          assertThat(get(port, path + "?filter=team%3D%22c%22")).isEqualTo("[]");
          assertThat(get(port, "/alertmanager/api/v2/silence/" + id))
              .contains("\"createdBy\":\"me\"");
          assertThat(status(port, "DELETE", "/api/v2/silence/" + id, "")).isEqualTo(200);
          assertThat(get(port, path)).contains("\"state\":\"expired\"");
          assertThat(status(port, "DELETE", "/api/v2/silence/none", "")).isEqualTo(404);
          for (String wrong :
              new String[] {
                "", "{}", "[]", silence.formatted(""), silence.replace("2999", "1999")
              }) {
            assertThat(status(port, "POST", path, wrong.formatted(matcher))).isEqualTo(400);
          }
        });
  }

  private static String activeAt(String alerts) {
    int filed = alerts.indexOf("Filed");
    int at = alerts.indexOf("\"activeAt\":", filed);
    return alerts.substring(at, alerts.indexOf(',', at));
  }
}
