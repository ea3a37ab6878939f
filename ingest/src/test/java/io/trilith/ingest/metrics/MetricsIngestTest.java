package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.HostPort;
import io.trilith.config.LimitsConfig;
import io.trilith.config.ServerConfig;
import io.trilith.config.TenancyConfig;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.wire.ProtoWriter;
import io.trilith.net.NetMetrics;
import io.trilith.net.NetServer;
import io.trilith.net.RouteTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;

@org.jspecify.annotations.NullUnmarked // the server is made before each test
class MetricsIngestTest {
  private final Recorder store = new Recorder();
  private final NetMetrics metrics = new NetMetrics(new PrometheusRegistry());
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private NetServer server;

  @BeforeEach
  void start() throws IOException {
    MetricsIngest ingest =
        new MetricsIngest(store, LimitsConfig.defaults(), new IngestMetrics(metrics.registry()));
    RouteTable http = new RouteTable();
    RouteTable grpc = new RouteTable();
    RouteTable otlp = new RouteTable();
    ingest.register(http);
    ingest.register(otlp);
    ingest.registerGrpc(http);
    ingest.registerGrpc(grpc);
    HostPort any = HostPort.parse("127.0.0.1:0");
    ByteSize size = ByteSize.parse("8MiB");
    Duration time = Duration.ofSeconds(30);
    server =
        new NetServer(
            new ServerConfig(any, any, any, size, size, 8, 8, 100, time, time, time),
            new TenancyConfig(false),
            metrics,
            new NetServer.Listeners(http, grpc, otlp),
            InstantSource.system());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private HttpResponse<String> post(int port, String path, byte[] body, String... headers)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static byte[] series(String... names) {
    ProtoWriter out = new ProtoWriter();
    for (String name : names) {
      int begin = out.begin(1);
      int label = out.begin(1);
      out.string(1, name.isEmpty() ? "x" : "__name__").string(2, "up");
      out.end(label);
      int sample = out.begin(2);
      out.fixed64(1, Double.doubleToRawLongBits(1)).varint(2, 1000);
      out.end(sample);
      out.end(begin);
    }
    return out.toBytes();
  }

  @Test
  void takesRemoteWriteOnEveryAlias() throws Exception {
    byte[] body = Snappy.compress(series("up"));
    for (String path :
        new String[] {
          "/api/v1/write",
          "/api/v1/push",
          "/api/prom/push",
          "/prometheus/api/v1/write",
          "/prometheus/api/v1/push",
          "/prometheus/api/prom/push"
        }) {
      HttpResponse<String> answer =
          post(server.httpPort(), path, body, "Content-Encoding", "snappy");
      assertThat(answer.statusCode()).isEqualTo(204);
    }
    assertThat(post(server.httpPort(), "/api/v1/write", body, "X-A", "b").statusCode())
        .isEqualTo(204);
    assertThat(store.batches).hasSize(7);
    assertThat(Recorder.samples(store.last())).containsEntry("{__name__=\"up\"}", "1.0@1000");
  }

  @Test
  void takesRemoteWrite2AndRefusesWhatItDoesNotUnderstand() throws Exception {
    ProtoWriter out = new ProtoWriter();
    out.string(4, "").string(4, "__name__").string(4, "up");
    int begin = out.begin(5);
    out.varint(1, 1).varint(1, 2);
    int sample = out.begin(2);
    out.fixed64(1, Double.doubleToRawLongBits(1)).varint(2, 1000).varint(3, 500);
    out.end(sample);
    out.end(begin);
    byte[] body = Snappy.compress(out.toBytes());
    String path = "/api/v1/write";
    HttpResponse<String> answer =
        post(
            server.httpPort(),
            path,
            body,
            "Content-Type",
            "application/x-protobuf; proto=io.prometheus.write.v2.Request",
            "Content-Encoding",
            "snappy");
    assertThat(answer.statusCode()).isEqualTo(204);
    assertThat(answer.headers().map())
        .containsEntry("x-prometheus-remote-write-samples-written", List.of("1"))
        .containsEntry("x-prometheus-remote-write-histograms-written", List.of("0"))
        .containsEntry("x-prometheus-remote-write-exemplars-written", List.of("0"));
    assertThat(store.last().sampleStart(0)).isEqualTo(500);
    for (String type :
        new String[] {"application/x-protobuf;proto=some.v3.Request", "application/json"}) {
      assertThat(post(server.httpPort(), path, body, "Content-Type", type).statusCode())
          .isEqualTo(415);
    }
    assertThat(post(server.httpPort(), path, body, "Content-Encoding", "br").statusCode())
        .isEqualTo(415);
  }

  @Test
  void keepsTheGoodRestAndSaysWhatWasBad() throws Exception {
    byte[] body = Snappy.compress(series("up", "", "up"));
    HttpResponse<String> answer =
        post(server.httpPort(), "/api/v1/write", body, "Content-Encoding", "snappy");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("no metric name");
    assertThat(answer.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written"))
        .contains("2");
    assertThat(store.last().samples()).isEqualTo(2);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    metrics.write(text);
    assertThat(text.toString(StandardCharsets.UTF_8))
        .contains("trilith_ingested_items_total{signal=\"metrics\"} 2.0")
        .contains("trilith_rejected_items_total{reason=\"missing_name\",signal=\"metrics\"} 1.0");
  }

  @Test
  void answersOtlpInTheEncodingOfTheRequest() throws Exception {
    String json =
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"%s\",\"gauge\":"
            + "{\"dataPoints\":[{\"timeUnixNano\":\"1000000\",\"asInt\":\"7\"}]}}]}]}]}";
    byte[] good = json.formatted("g").getBytes(StandardCharsets.UTF_8);
    for (String path :
        new String[] {
          "/v1/metrics",
          "/otlp/v1/metrics",
          "/api/v1/otlp/v1/metrics",
          "/prometheus/api/v1/otlp/v1/metrics"
        }) {
      HttpResponse<String> answer =
          post(server.otlpHttpPort(), path, good, "Content-Type", "application/json");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("{}");
    }
    assertThat(Recorder.samples(store.last())).containsEntry("{__name__=\"g\"}", "7.0@1");
    HttpResponse<String> partial =
        post(
            server.otlpHttpPort(),
            "/v1/metrics",
            json.formatted("").getBytes(StandardCharsets.UTF_8),
            "Content-Type",
            "application/json");
    assertThat(partial.statusCode()).isEqualTo(200);
    assertThat(partial.body())
        .isEqualTo(
            "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\","
                + "\"errorMessage\":\"a metric has no name\"}}");
    assertThat(
            post(server.otlpHttpPort(), "/v1/metrics", new byte[] {9}, "Content-Type", "text/xml")
                .statusCode())
        .isEqualTo(415);
    HttpResponse<String> garbage =
        post(
            server.otlpHttpPort(),
            "/v1/metrics",
            new byte[] {10, 127, 1},
            "Content-Type",
            "application/x-protobuf");
    assertThat(garbage.statusCode()).isEqualTo(400);
    assertThat(garbage.body()).contains("malformed protobuf at byte");
  }

  @Test
  void tellsClientsToComeBackWhenTheStoreIsFull() throws Exception {
    store.broken = true;
    HttpResponse<String> answer =
        post(
            server.httpPort(),
            "/api/v1/write",
            Snappy.compress(series("up")),
            "Content-Encoding",
            "snappy");
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
  }
}
