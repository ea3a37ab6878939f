package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import io.trilith.server.client.Api;
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

  private static String span(
      String trace,
      int id,
      int parent,
      String name,
      int kind,
      long start,
      long millis,
      String more) {
    return String.format(
        Locale.ROOT,
        "{\"traceId\":\"%s\",\"spanId\":\"%016x\",\"parentSpanId\":\"%s\",\"name\":\"%s\","
            + "\"kind\":%d,\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\"%s}",
        trace,
        id,
        parent == 0 ? "" : String.format(Locale.ROOT, "%016x", parent),
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

  @Test
  void agreesWithTraceqlOnTheSameSpans() {
    SplittableRandom random = Seeds.random("generator");
    long now = CLOCK.millis() * 1_000_000L;
    int sent = 0;
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      for (int request = 0; request < 10; request++) {
        Map<String, List<String>> items = new TreeMap<>();
        for (int i = 0; i < 50; i++) {
          String status = random.nextInt(4) == 0 ? ",\"status\":{\"code\":2}" : "";
          String trace = String.format(Locale.ROOT, "%032x", random.nextInt(1, 40));
          // Late ones are among them: they are counted all the same.
          long at = now - random.nextLong(3_000_000_000_000L) - 60_000_000_000L;
          items
              .computeIfAbsent("service-" + random.nextInt(3), _ -> new ArrayList<>())
              .add(
                  span(
                      trace,
                      ++sent,
                      random.nextInt(sent),
                      "op-" + random.nextInt(4),
                      random.nextInt(6),
                      at,
                      random.nextInt(30),
                      status));
        }
        spans(api, items);
      }
    }
    // The last interval was written when the server was stopped.
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      Map<String, Double> metrics = new TreeMap<>();
      for (Api.Node series :
          api.get(
                  "/api/v1/query",
                  "query",
                  "sum by (service, span_name, status_code) (traces_spanmetrics_calls_total)")
              .at("data")
              .at("result")
              .list()) {
        Api.Node labels = series.at("metric");
        metrics.put(
            labels.at("service").text()
                + labels.at("span_name").text()
                + labels
                    .at("status_code")
                    .text()
                    .replace("STATUS_CODE_", "")
                    .toLowerCase(Locale.ROOT),
            series.at("value").at(1).number());
      }
      Map<String, Double> traces = new TreeMap<>();
      for (Api.Node series :
          api.get(
                  "/api/metrics/query",
                  "q",
                  "{} | count_over_time() by (resource.service.name, name, status)",
                  "start",
                  Long.toString(now / 1_000_000_000L - 4000),
                  "end",
                  Long.toString(now / 1_000_000_000L + 60))
              .at("series")
              .list()) {
        Map<String, String> labels = new TreeMap<>();
        for (Api.Node label : series.at("labels").list()) {
          labels.put(label.at("key").text(), label.at("value").at("stringValue").text());
        }
        traces.put(
            labels.get("resource.service.name") + labels.get("name") + labels.get("status"),
            series.at("value").number());
      }
      assertThat(metrics).isEqualTo(traces);
      assertThat(metrics.values().stream().mapToDouble(value -> value).sum()).isEqualTo(500);
      assertThat(
              api.get("/api/v1/query", "query", "sum(traces_spanmetrics_latency_count)")
                  .at("data")
                  .at("result")
                  .at(0)
                  .at("value")
                  .at(1)
                  .number())
          .isEqualTo(500);
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

  @Test
  void findsTheLogsOfATraceAndShowsThemBesideItsSpans() {
    long at = CLOCK.millis() * 1_000_000L - 60_000_000_000L;
    try (TrilithServer server = start();
        Api api = Api.local(server.httpPort())) {
      spans(
          api,
          Map.of(
              "web",
              List.of(
                  span(TRACE, 1, 0, "GET /", 2, at, 100, ""),
                  span(TRACE, 2, 1, "call", 3, at + 10_000_000, 80, "")),
              "cart",
              List.of(
                  span(
                      TRACE,
                      3,
                      2,
                      "read",
                      2,
                      at + 20_000_000,
                      50,
                      ",\"status\":{\"code\":2,\"message\":\"gone\\u001b[2J\"}"))));
      send(
          api,
          "/v1/logs",
          "resourceLogs",
          "scopeLogs",
          Map.of(
              "cart",
              List.of(
                  log(at + 30_000_000, TRACE, 3, "cart is empty"),
                  log(at + 31_000_000, "1af7651916cd43dd8448eb211c80319c", 3, "other trace"),
                  log(
                      at + 40_000_000,
                      "",
                      0,
                      "id " + TRACE.toUpperCase(Locale.ROOT) + " in a line"),
                  log(at + 900_000_000_000L, TRACE, 3, "too far"))));
      Api.Node streams = api.get("/tempo/api/v2/traces/" + TRACE + "/logs").at("data").at("result");
      List<String> lines = new ArrayList<>();
      for (Api.Node stream : streams.list()) {
        assertThat(stream.at("stream").at("service_name").text()).isEqualTo("cart");
        stream.at("values").list().forEach(value -> lines.add(value.at(1).text()));
      }
      assertThat(lines)
          .containsExactly("cart is empty", "id " + TRACE.toUpperCase(Locale.ROOT) + " in a line");
      assertThat(
              api.get("/api/v2/traces/" + TRACE + "/logs", "limit", "1")
                  .at("data")
                  .at("result")
                  .at(0)
                  .at("values")
                  .list())
          .hasSize(1);
      assertThat(api.get("/api/v2/traces/" + TRACE + "/exemplars").at("data").list()).isEmpty();

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
      assertThat(run(server, "traces", "{ name = \"read\" }").lines().skip(1))
          .satisfiesExactly(
              heads -> assertThat(heads).contains("time", "duration", "trace", "matched"),
              row -> assertThat(row).contains(TRACE, "100ms", "web", "GET /"));
      assertThat(run(server, "traces", "{ } | count_over_time()", "--step", "1h"))
          .startsWith("0\n")
          .contains("count_over_time");
      assertThat(run(server, "traces", "{ nonsense")).startsWith("1\ntrilith: ");
    }
  }
}
