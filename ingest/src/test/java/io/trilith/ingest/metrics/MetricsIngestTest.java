package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.CorsConfig;
import io.trilith.config.HaDedupeConfig;
import io.trilith.config.HostPort;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.config.ServerConfig;
import io.trilith.config.TenantLimits;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.limit.Limits;
import io.trilith.ingest.pipeline.Pipeline;
import io.trilith.net.NetMetrics;
import io.trilith.net.NetServer;
import io.trilith.net.RouteTable;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.memory.MemoryShare;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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
  private Instant now = Instant.ofEpochSecond(1_000_000);
  private NetServer server;

  @BeforeEach
  void start() throws IOException {
    MetricsIngest ingest =
        new MetricsIngest(
            store,
            Pipeline.NONE,
            Limits.of(TenantLimits.defaults()),
            OtlpMetricsConfig.defaults(),
            new HaDedupeConfig(
                true, "cluster", "__replica__", Duration.ofSeconds(30), Duration.ofSeconds(15), 2),
            new IngestMetrics(metrics.registry(), () -> now),
            () -> now);
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
            CorsConfig.defaults(),
            NetServer.Protection.none(false, InstantSource.system()),
            metrics,
            MemoryShare.unlimited(),
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
        .contains(
            "trilith_rejected_items_total{reason=\"missing_name\",signal=\"metrics\",tenant=");
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

  private HttpResponse<String> sendAs(String cluster, String replica, String... more)
      throws Exception {
    ProtoWriter out = new ProtoWriter();
    haSeries(out, cluster, replica);
    for (int i = 0; i < more.length; i += 2) {
      haSeries(out, more[i], more[i + 1]);
    }
    return post(
        server.httpPort(),
        "/api/v1/write",
        Snappy.compress(out.toBytes()),
        "Content-Encoding",
        "snappy");
  }

  private static void haSeries(ProtoWriter out, String cluster, String replica) {
    int begin = out.begin(1);
    for (String[] pair :
        new String[][] {{"__name__", "up"}, {"__replica__", replica}, {"cluster", cluster}}) {
      if (!pair[1].isEmpty()) {
        int label = out.begin(1);
        out.string(1, pair[0]).string(2, pair[1]);
        out.end(label);
      }
    }
    int sample = out.begin(2);
    out.fixed64(1, Double.doubleToRawLongBits(1)).varint(2, 1000);
    out.end(sample);
    out.end(begin);
  }

  @Test
  void keepsOneReplicaOfAPairAndFailsOver() throws Exception {
    assertThat(sendAs("c", "a").statusCode()).isEqualTo(204);
    assertThat(Recorder.samples(store.last())).containsOnlyKeys("{__name__=\"up\", cluster=\"c\"}");
    HttpResponse<String> other = sendAs("c", "b");
    assertThat(other.statusCode()).isEqualTo(202);
    assertThat(other.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written"))
        .contains("0");
    assertThat(store.batches).hasSize(1);
    now = now.plusSeconds(29);
    assertThat(sendAs("c", "b").statusCode()).isEqualTo(202);
    now = now.plusSeconds(1);
    assertThat(sendAs("c", "b").statusCode()).isEqualTo(204);
    assertThat(sendAs("c", "a").statusCode()).isEqualTo(202);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    metrics.write(text);
    assertThat(text.toString(StandardCharsets.UTF_8))
        .contains("trilith_deduplicated_samples_total 3.0");
  }

  @Test
  void keepsAReplicaElectedAsLongAsItSends() throws Exception {
    for (int i = 0; i < 10; i++) {
      assertThat(sendAs("c", "a").statusCode()).isEqualTo(204);
      assertThat(sendAs("c", "b").statusCode()).isEqualTo(202);
      now = now.plusSeconds(14);
    }
  }

  @Test
  void judgesMixedRequestsSeriesBySeriesAndLeavesOthersAlone() throws Exception {
    assertThat(sendAs("c", "a", "d", "b", "", "x", "e", "").statusCode()).isEqualTo(204);
    assertThat(store.last().samples()).isEqualTo(4);
    assertThat(sendAs("c", "b", "d", "b", "", "x", "e", "").statusCode()).isEqualTo(204);
    assertThat(Recorder.samples(store.last()))
        .containsOnlyKeys(
            "{__name__=\"up\", cluster=\"d\"}",
            "{__name__=\"up\", __replica__=\"x\"}",
            "{__name__=\"up\", cluster=\"e\"}");
  }

  @Test
  void refusesMoreClustersThanTheLimitButForgetsSilentOnes() throws Exception {
    sendAs("c", "a", "d", "a");
    HttpResponse<String> third = sendAs("e", "a");
    assertThat(third.statusCode()).isEqualTo(400);
    assertThat(third.body()).contains("'e'").contains("ha-dedupe.clusters-max of 2");
    now = now.plusSeconds(30);
    assertThat(sendAs("e", "a").statusCode()).isEqualTo(204);
  }

  @Test
  void keepsOneReplicaOfOtlpToo() throws Exception {
    for (String replica : List.of("a", "b", "a")) {
      byte[] body =
          ("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"g\",\"gauge\":"
                  + "{\"dataPoints\":[{\"timeUnixNano\":\"1000000\",\"asInt\":\"7\",\"attributes\":["
                  + "{\"key\":\"cluster\",\"value\":{\"stringValue\":\"c\"}},"
                  + "{\"key\":\"__replica__\",\"value\":{\"stringValue\":\"%s\"}}]}]}}]}]}]}")
              .formatted(replica)
              .getBytes(StandardCharsets.UTF_8);
      HttpResponse<String> answer =
          post(server.otlpHttpPort(), "/v1/metrics", body, "Content-Type", "application/json");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("{}");
    }
    assertThat(Recorder.samples(store.last())).containsOnlyKeys("{__name__=\"g\", cluster=\"c\"}");
    assertThat(store.batches.stream().mapToInt(batch -> batch.samples()).sum()).isEqualTo(2);
  }
}
