package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Requests and verbs that remove data, against a server in this process. */
class RemovalCommandsTest {
  private static final long NOW = InstantSource.system().millis();

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final HttpClient client = HttpClient.newHttpClient();
  @TempDir Path directory;
  private TrilithServer server;

  @BeforeEach
  void start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "deletion.delay=0",
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--server", "http://127.0.0.1:" + server.httpPort()));
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void push(String user) {
    try (Api api = Api.local(server.httpPort())) {
      String body =
          "{\"streams\":[{\"stream\":{\"app\":\"shop\"},\"values\":[[\""
              + NOW
              + "000000\",\"user="
              + user
              + "\"]]}]}";
      api.post("/loki/api/v1/push", "application/json", "", body.getBytes(StandardCharsets.UTF_8));
    }
  }

  private String lines() throws IOException, InterruptedException {
    return send(
            "GET",
            "/loki/api/v1/query_range?query=%7Bapp%3D%22shop%22%7D&start="
                + (NOW - 60_000)
                + "000000&end="
                + (NOW + 60_000)
                + "000000")
        .body();
  }

  @Test
  void lokisDeleteHidesListsAndCancels() throws Exception {
    push("ann");
    push("bob");
    HttpResponse<String> made =
        send(
            "POST",
            "/loki/api/v1/delete?query=%7Bapp%3D%22shop%22%7D%7C%3D%22ann%22&start=1&end="
                + (NOW / 1000 + 60));
    assertThat(made.statusCode()).isEqualTo(204);
    assertThat(lines()).contains("user=bob").doesNotContain("user=ann");
    assertThat(send("GET", "/loki/api/v1/delete").body())
        .startsWith("[{\"request_id\":\"")
        .contains("\"start_time\":1,", "\"status\":\"received\"", "|=\\\"ann\\\"");
    String id = made.headers().firstValue("x-deletion-id").orElseThrow();
    assertThat(send("DELETE", "/loki/api/v1/delete?request_id=" + id).statusCode()).isEqualTo(400);
    assertThat(send("DELETE", "/loki/loki/api/v1/delete?force=true&request_id=" + id).statusCode())
        .isEqualTo(204);
    assertThat(lines()).contains("user=ann");
    assertThat(send("POST", "/loki/api/v1/delete?query=x").statusCode()).isEqualTo(400);
  }

  @Test
  void prometheusDeletesSeriesAndCleansTombstones() throws Exception {
    String prefix = "/prometheus/api/v1/admin/tsdb/";
    assertThat(send("POST", prefix + "delete_series").body())
        .isEqualTo(
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no match[] parameter"
                + " provided\"}");
    assertThat(
            send(
                    "PUT",
                    prefix
                        + "delete_series?match[]=up&start=1.5&end=2026-01-01T00:00:00Z"
                            .replace("[]", "%5B%5D"))
                .statusCode())
        .isEqualTo(204);
    assertThat(send("POST", prefix + "clean_tombstones").statusCode()).isEqualTo(204);
    assertThat(send("GET", "/api/v1/admin/delete").body())
        .contains("\"status\":\"completed\"", "\"from\":\"1970-01-01T00:00:01.500Z\"");
  }

  @Test
  void tracesAreDeletedByTraceql() throws Exception {
    assertThat(send("DELETE", "/tempo/api/traces?q=%7B%7D").statusCode()).isEqualTo(202);
    assertThat(send("DELETE", "/api/traces?q=%7B").statusCode()).isEqualTo(400);
    assertThat(send("DELETE", "/api/traces").statusCode()).isEqualTo(400);
  }

  @Test
  void theVerbsShowAndDoIt() {
    push("ann");
    assertThat(run("delete", "create", "--logs", "{app=\"shop\"}", "--dry-run")).isZero();
    assertThat(out.toString()).contains("logs").contains("{app=\"shop\"}");
    out.getBuffer().setLength(0);
    assertThat(run("delete", "ls")).isZero();
    assertThat(out.toString().lines()).hasSize(1);
    assertThat(run("delete", "create", "--logs", "{app=\"shop\"}", "--from", "1d")).isZero();
    String id =
        server
            .node()
            .removal()
            .deletions()
            .list(io.trilith.storage.model.TenantId.ANONYMOUS)
            .getFirst()
            .id();
    assertThat(run("delete", "status", id, "-o", "json")).isZero();
    assertThat(out.toString()).contains("\"id\":\"" + id + "\"");
    assertThat(run("delete", "status", "nope")).isOne();
    assertThat(run("delete", "create")).isEqualTo(2);
    assertThat(run("retention", "plan")).isZero();
    assertThat(run("retention", "run", "--dry-run")).isZero();
    assertThat(run("retention", "run")).isZero();
    assertThat(run("restore")).isZero();
    assertThat(run("restore", "01KA1QW5Z8000000000000000A")).isOne();
    assertThat(err.toString()).contains("is not among those that were removed");
    server.node().removal().deletions().run();
    out.getBuffer().setLength(0);
    assertThat(run("delete", "ls")).isZero();
    assertThat(out.toString()).contains("completed", "commits ");
  }
}
