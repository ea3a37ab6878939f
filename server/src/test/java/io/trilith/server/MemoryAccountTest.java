package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import io.trilith.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shares of memory, a few megabytes each, over HTTP. */
class MemoryAccountTest {
  private static final long NOW = InstantSource.system().millis();

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private TrilithServer server;

  @BeforeEach
  void start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0",
            "server.body-max=16MiB",
            "memory.requests=48MiB",
            "memory.queries=2MiB",
            "query.bytes-max=1MiB");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    server.close();
    client.close();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.httpPort() + path);
  }

  private HttpResponse<String> push(byte[] body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri("/loki/api/v1/push"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String query(String path, String expression) {
    return path + "?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
  }

  /** Lines of one stream, each of its own text. */
  private static byte[] lines(String app, int count, int width) {
    StringBuilder json = new StringBuilder("{\"streams\":[{\"stream\":{\"app\":\"");
    json.append(app).append("\"},\"values\":[");
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : ",").append("[\"").append(NOW * 1_000_000 - i).append("\",\"");
      json.append(i).append(' ').append("x".repeat(width)).append("\"]");
    }
    return json.append("]}]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] streams(String app, int count) {
    StringBuilder json = new StringBuilder("{\"streams\":[");
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : ",").append("{\"stream\":{\"app\":\"").append(app);
      json.append("\",\"path\":\"")
          .append("p".repeat(1000))
          .append(i)
          .append("\"},\"values\":[[\"");
      json.append(NOW * 1_000_000).append("\",\"line\"]]}");
    }
    return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private long used(String share) throws Exception {
    String wanted = "trilith_memory_used_bytes{share=\"" + share + "\"} ";
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(wanted))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(wanted.length())))
        .findFirst()
        .orElseThrow();
  }

  /** What a request held is given back a moment after its answer. */
  private void assertNothingIsBooked() throws Exception {
    for (int i = 0; i < 1000 && used("requests") + used("queries") > 0; i++) {
      Thread.onSpinWait();
    }
    assertThat(used("requests")).isZero();
    assertThat(used("queries")).isZero();
  }

  @Test
  void aRequestOfManyPartsIsStoredWhole() throws Exception {
    byte[] body = lines("parts", 6_000, 1000);
    assertThat(push(body).statusCode()).isEqualTo(204);
    String count = query("/loki/api/v1/query", "sum(count_over_time({app=\"parts\"}[1h]))");
    assertThat(get(count).body()).contains("\"6000\"");
    assertNothingIsBooked();
  }

  @Test
  void aRequestThatCanNeverFitIsToldSoAndNotToComeBack() throws Exception {
    HttpResponse<String> packed =
        push(gzip(lines("never", 200, 100_000)), "content-encoding", "gzip");
    assertThat(packed.statusCode()).isEqualTo(413);
    assertThat(packed.body()).contains("server.body-max");
    assertThat(push(lines("small", 1, 10)).statusCode()).isEqualTo(204);
    assertNothingIsBooked();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/loki/api/v1/label/path/values",
        "/loki/api/v1/detected_labels",
        "/loki/api/v1/query?query=count_over_time(%7Bapp%3D%22wide%22%7D%5B1h%5D)",
      })
  void whatReadsTooMuchIsRefusedByTheNameOfItsLimit(String path) throws Exception {
    for (int i = 0; i < 4; i++) {
      assertThat(push(streams("wide", 1000)).statusCode()).isEqualTo(204);
    }
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("query.bytes-max");
    assertNothingIsBooked();
  }

  private long openReaders() throws Exception {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("trilith_readers_open "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }

  /** Answered or refused, alone or with an error on the way: each lets its readers go. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/query?query=up",
        "/api/v1/query?query=sum(",
        "/api/v1/query_range?query=up&start=1&end=100&step=10",
        "/api/v1/query_range?query=up%20%2B%20on()%20(up%20or%20vector(1))&start=1&end=100&step=10",
        "/api/v1/query_exemplars?query=up&start=1&end=100",
        "/api/v1/series?match[]=up",
        "/api/v1/series?match[]=up%7B",
        "/api/v1/labels",
        "/api/v1/label/job/values",
        "/api/v1/metadata",
        "/api/v1/status/tsdb",
        "/federate?match[]=up",
        "/loki/api/v1/query?query=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/query?query=%7Bapp%3D",
        "/loki/api/v1/query_range?query=rate(%7Bapp%3D%22a%22%7D%5B1m%5D)",
        "/loki/api/v1/labels",
        "/loki/api/v1/label/app/values",
        "/loki/api/v1/series?match[]=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/index/stats?query=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/index/volume?query=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/index/volume_range?query=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/detected_labels",
        "/loki/api/v1/detected_fields?query=%7Bapp%3D%22a%22%7D",
        "/loki/api/v1/patterns?query=%7Bapp%3D%22a%22%7D",
        "/api/search?q=%7B%7D",
        "/api/search?q=%7B",
        "/api/search/tags",
        "/api/v2/search/tags",
        "/api/v2/search/tag/span.a/values",
        "/api/traces/1",
        "/api/v2/traces/1",
        "/api/metrics/query_range?q=%7B%7D%7Crate()",
        "/api/metrics/query?q=%7B%7D%7Crate()",
      })
  void everyRouteLetsItsReadersGo(String path) throws Exception {
    assertThat(push(lines("a", 10, 100)).statusCode()).isEqualTo(204);
    assertThat(get(path).statusCode()).isLessThan(500);
    for (int i = 0; i < 1000 && openReaders() > 0; i++) {
      Thread.onSpinWait();
    }
    assertThat(openReaders()).isZero();
  }

  @Test
  void requestsInAnyOrderLeaveNothingBooked() throws Exception {
    SplittableRandom random = Seeds.random("MemoryAccountTest");
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < Seeds.iterations(150); i++) {
        int kind = random.nextInt(8);
        int size = 1 + random.nextInt(2000);
        String app = "a" + random.nextInt(5);
        all.add(threads.submit(() -> request(kind, app, size)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertNothingIsBooked();
  }

  private Integer request(int kind, String app, int size) throws Exception {
    String selector = "{app=\"" + app + "\"}";
    return switch (kind) {
      case 0 -> push(lines(app, size, 1000)).statusCode();
      case 1 -> push(gzip(lines(app, size, 1000)), "content-encoding", "gzip").statusCode();
      case 2 -> push(new byte[size], "content-encoding", "gzip").statusCode();
      case 3 -> push(streams(app, size)).statusCode();
      case 4 -> get(query("/loki/api/v1/query_range", selector)).statusCode();
      case 5 ->
          get(query("/loki/api/v1/query", "count_over_time(" + selector + " [1h])")).statusCode();
      case 6 -> get("/loki/api/v1/label/path/values").statusCode();
      default -> get(query("/api/v1/query", "{__name__=~\".+\"}")).statusCode();
    };
  }
}
