package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import io.trilith.testing.Seeds;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Metrics of spans, logs and exemplars of traces, and the command line that shows traces. */
class MetricsGeneratorTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private static final String IN_A_LINE = "id " + TRACE.toUpperCase(Locale.ROOT) + " in a line";

  @TempDir Path directory;

  private TrilithServer start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0");
    return new TrilithServer(new ConfigReader(Map.of()).read(null, sets), CLOCK);
  }

  private static String ids(String trace, int id, int parent) {
    return String.format(
        Locale.ROOT,
        "\"traceId\":\"%s\",\"spanId\":\"%016x\",\"parentSpanId\":\"%s\"",
        trace,
        id,
        parent == 0 ? "" : String.format(Locale.ROOT, "%016x", parent));
  }

  private static String span(
      String ids, String name, int kind, long start, long millis, String more) {
    return String.format(
        Locale.ROOT,
        "{%s,\"name\":\"%s\",\"kind\":%d,\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\"%s}",
        ids,
        name,
        kind,
        start,
        start + millis * 1_000_000L,
        more);
  }

  private static void send(
      Api api, String path, String root, String scope, Map<String, List<String>> items) {
    List<String> resources = new ArrayList<>();
    items.forEach(
        (service, list) ->
            resources.add(
                "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\""
                    + service
                    + "\"}}]},\""
                    + scope
                    + "\":[{\""
                    + (scope.equals("scopeSpans") ? "spans" : "logRecords")
                    + "\":["
                    + String.join(",", list)
                    + "]}]}"));
    String body = "{\"" + root + "\":[" + String.join(",", resources) + "]}";
    api.post(path, "application/json", "", body.getBytes(StandardCharsets.UTF_8));
  }

  private static void spans(Api api, Map<String, List<String>> items) {
    send(api, "/v1/traces", "resourceSpans", "scopeSpans", items);
  }

  /** Ten requests of random spans; late ones are among them. */
  private static void sendRandom(Api api, SplittableRandom random, long now) {
    int sent = 0;
    for (int request = 0; request < 10; request++) {
      Map<String, List<String>> items = new TreeMap<>();
      for (int i = 0; i < 50; i++) {
        String status = random.nextInt(4) == 0 ? ",\"status\":{\"code\":2}" : "";
        String trace = String.format(Locale.ROOT, "%032x", random.nextInt(1, 40));
        String ids = ids(trace, ++sent, random.nextInt(sent));
        long at = now - random.nextLong(3_000_000_000_000L) - 60_000_000_000L;
        String name = "op-" + random.nextInt(4);
        items
            .computeIfAbsent("service-" + random.nextInt(3), _ -> new ArrayList<>())
            .add(span(ids, name, random.nextInt(6), at, random.nextInt(30), status));
      }
      spans(api, items);
    }
  }

  private static Map<String, Double> byPromql(Api api) {
    String query = "sum by (service, span_name, status_code) (traces_spanmetrics_calls_total)";
    Map<String, Double> counts = new TreeMap<>();
    for (Api.Node series : result(api, query)) {
      Api.Node labels = series.at("metric");
      String status = labels.at("status_code").text().replace("STATUS_CODE_", "");
      counts.put(
          labels.at("service").text()
              + labels.at("span_name").text()
              + status.toLowerCase(Locale.ROOT),
          series.at("value").at(1).number());
    }
    return counts;
  }

  private static List<Api.Node> result(Api api, String query) {
    return api.get("/api/v1/query", "query", query).at("data").at("result").list();
  }

  private static Map<String, Double> byTraceql(Api api, long nowSeconds) {
    String[] parameters = {
      "q", "{} | count_over_time() by (resource.service.name, name, status)",
      "start", Long.toString(nowSeconds - 4000),
      "end", Long.toString(nowSeconds + 60)
    };
    Map<String, Double> counts = new TreeMap<>();
    for (Api.Node series : api.get("/api/metrics/query", parameters).at("series").list()) {
      Map<String, String> labels = new TreeMap<>();
      for (Api.Node label : series.at("labels").list()) {
        labels.put(label.at("key").text(), label.at("value").at("stringValue").text());
      }
      counts.put(
          labels.get("resource.service.name") + labels.get("name") + labels.get("status"),
          series.at("value").number());
    }
    return counts;
  }

  @Test
  void agreesWithTraceqlOnTheSameSpans() {
    long now = CLOCK.millis() * 1_000_000L;
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      sendRandom(api, Seeds.random("generator"), now);
    }
    // The last interval was written when the server was stopped.
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      Map<String, Double> metrics = byPromql(api);
      assertThat(metrics).isEqualTo(byTraceql(api, now / 1_000_000_000L));
      assertThat(metrics.values().stream().mapToDouble(value -> value).sum()).isEqualTo(500);
      List<Api.Node> latency = result(api, "sum(traces_spanmetrics_latency_count)");
      assertThat(latency.getFirst().at("value").at(1).number()).isEqualTo(500);
    }
  }

  private static String log(long time, String trace, int span, String line) {
    return String.format(
        Locale.ROOT,
        "{\"timeUnixNano\":\"%d\",\"traceId\":\"%s\",\"spanId\":\"%s\",\"severityText\":\"WARN\","
            + "\"body\":{\"stringValue\":\"%s\"}}",
        time,
        trace,
        span == 0 ? "" : String.format(Locale.ROOT, "%016x", span),
        line);
  }

  private static String run(TrilithServer server, String... arguments) {
    StringWriter out = new StringWriter();
    List<String> all = new ArrayList<>(List.of("query"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--server", "http://127.0.0.1:" + server.httpPort()));
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(out, true));
    int status = line.execute(all.toArray(String[]::new));
    return status + "\n" + out;
  }

  private static void sendTrace(Api api, long at) {
    String error = ",\"status\":{\"code\":2,\"message\":\"gone\\u001b[2J\"}";
    spans(
        api,
        Map.of(
            "web",
            List.of(
                span(ids(TRACE, 1, 0), "GET /", 2, at, 100, ""),
                span(ids(TRACE, 2, 1), "call", 3, at + 10_000_000, 80, "")),
            "cart",
            List.of(span(ids(TRACE, 3, 2), "read", 2, at + 20_000_000, 50, error))));
    List<String> logs =
        List.of(
            log(at + 30_000_000, TRACE, 3, "cart is empty"),
            log(at + 31_000_000, "1af7651916cd43dd8448eb211c80319c", 3, "other trace"),
            log(at + 40_000_000, "", 0, IN_A_LINE),
            log(at + 900_000_000_000L, TRACE, 3, "too far"));
    send(api, "/v1/logs", "resourceLogs", "scopeLogs", Map.of("cart", logs));
  }

  private static List<String> lines(Api.Node answer) {
    List<String> lines = new ArrayList<>();
    for (Api.Node stream : answer.at("data").at("result").list()) {
      assertThat(stream.at("stream").at("service_name").text()).isEqualTo("cart");
      stream.at("values").list().forEach(value -> lines.add(value.at(1).text()));
    }
    return lines;
  }

  @Test
  void findsTheLogsOfATraceWithoutALabel() {
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      sendTrace(api, CLOCK.millis() * 1_000_000L - 60_000_000_000L);
      String path = "/api/v2/traces/" + TRACE;
      assertThat(lines(api.get("/tempo" + path + "/logs")))
          .containsExactly("cart is empty", IN_A_LINE);
      assertThat(lines(api.get(path + "/logs", "limit", "1"))).containsExactly("cart is empty");
      assertThat(lines(api.get(path + "/logs", "start", "0", "end", "9000000000")))
          .containsExactly("cart is empty", IN_A_LINE, "too far");
      assertThat(lines(api.get("/api/v2/traces/1/logs"))).isEmpty();
      assertThat(api.get(path + "/exemplars").at("data").list()).isEmpty();
    }
  }

  @Test
  void findsTheExemplarsOfATrace() {
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      sendTrace(api, CLOCK.millis() * 1_000_000L - 60_000_000_000L);
    }
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      List<Api.Node> series = api.get("/api/v2/traces/" + TRACE + "/exemplars").at("data").list();
      assertThat(series)
          .isNotEmpty()
          .allSatisfy(
              one ->
                  assertThat(one.at("exemplars").at(0).at("labels").at("traceID").text())
                      .isEqualTo(TRACE));
      assertThat(api.get("/api/v2/traces/1/exemplars").at("data").list()).isEmpty();
    }
  }

  @Test
  void showsATraceWithItsLogsBesideItsSpans() {
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      sendTrace(api, CLOCK.millis() * 1_000_000L - 60_000_000_000L);
      assertThat(run(server, "trace", TRACE, "--logs").lines().map(String::stripTrailing))
          .satisfiesExactly(
              line -> assertThat(line).isEqualTo("0"),
              line -> assertThat(line).endsWith("100ms  3 spans, 2 services"),
              line -> assertThat(line).contains("+0ns", "100ms", "▏ web  GET / server"),
              line -> assertThat(line).contains("+10ms", "80ms", "▏   web  call client"),
              line ->
                  assertThat(line)
                      .contains("+20ms", "50ms", "▏     cart  read server  ERROR gone\\x1b[2J"),
              line -> assertThat(line).contains("+30ms", "• WARN cart is empty"),
              line -> assertThat(line).isEqualTo("of no span:"),
              line -> assertThat(line).contains("+40ms", "in a line"));
      assertThat(run(server, "trace", "12")).startsWith("1\ntrilith: there is no trace 12");
      assertThat(run(server, "trace", "xyz")).startsWith("2\n'xyz' is no trace id");
    }
  }

  @Test
  void showsWhatTraceqlFindsAsATable() {
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      sendTrace(api, CLOCK.millis() * 1_000_000L - 60_000_000_000L);
      assertThat(run(server, "traces", "{ name = \"read\" }").lines().skip(1))
          .satisfiesExactly(
              heads -> assertThat(heads).contains("time", "duration", "trace", "matched"),
              row -> assertThat(row).contains(TRACE.substring(1), "100ms", "web", "GET /"));
      assertThat(run(server, "traces", "{ } | count_over_time()", "--step", "1h"))
          .startsWith("0\n")
          .contains("count_over_time");
      assertThat(run(server, "traces", "{ nonsense")).startsWith("1\ntrilith: ");
    }
  }
}
