package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.HostPort;
import io.trilith.config.RetentionConfig;
import io.trilith.config.ServerConfig;
import io.trilith.config.TenancyConfig;
import io.trilith.config.TraceLimitsConfig;
import io.trilith.config.TraceQueryConfig;
import io.trilith.config.WalConfig;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.traces.TracesIngest;
import io.trilith.net.HttpAnswer;
import io.trilith.net.NetMetrics;
import io.trilith.net.NetServer;
import io.trilith.net.RouteTable;
import io.trilith.query.tempo.TempoApi;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Shared;
import io.trilith.tracestore.TraceStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays the TraceQL conformance cases against the store, the receiver and the API together. */
class TraceConformanceTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));
  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.parse("1MiB"),
          ByteSize.parse("256MiB"),
          ByteSize.parse("1GiB"));

  private static final String TRACEQL = "traceql/run.py";

  @TempDir Path directory;

  private NetServer start() throws IOException {
    SplittableRandom random = new SplittableRandom();
    ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    Catalog catalog = new Catalog(objects, CLOCK, random);
    LocalLog wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    TraceStore store =
        new TraceStore(
            wal,
            objects,
            new HeadBudget(HEAD),
            new DataAge(
                new RetentionConfig(Duration.ofDays(15), Duration.ofHours(1), Duration.ZERO),
                CLOCK),
            new CacheConfig(ByteSize.parse("1MiB")),
            CLOCK,
            () -> BlockId.create(CLOCK, random));
    Flusher flusher =
        new Flusher(HEAD, WAL, wal, catalog, CLOCK, () -> List.<Flushable>copyOf(store.heads()));
    flusher.replayed();
    PrometheusRegistry registry = new PrometheusRegistry();
    TracesIngest ingest =
        new TracesIngest(store, TraceLimitsConfig.defaults(), new IngestMetrics(registry));
    RouteTable http = new RouteTable();
    ingest.register(http);
    http.open()
        .post(
            "/admin/flush",
            _ -> {
              flusher.flushAll();
              return HttpAnswer.empty(204);
            });
    new TempoApi(store::reader, TraceQueryConfig.defaults(), CLOCK, "0.0.0").register(http);
    HostPort any = HostPort.parse("127.0.0.1:0");
    ServerConfig config =
        new ServerConfig(
            any,
            any,
            any,
            ByteSize.parse("64MiB"),
            ByteSize.parse("128MiB"),
            64,
            16,
            100,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60));
    return new NetServer(
        config,
        new TenancyConfig(true),
        new NetMetrics(registry),
        new NetServer.Listeners(http, new RouteTable(), new RouteTable()),
        CLOCK);
  }

  private static List<String> play(String script, List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3"));
    command.add(Shared.path("conformance/" + script).toString());
    command.addAll(arguments);
    Process player = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(player.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(player.waitFor()).as(output).isZero();
    return output.lines().toList();
  }

  @Test
  void passesEveryConformanceCaseFromHeadAndFromBlocks() throws Exception {
    try (NetServer server = start()) {
      String url = "http://127.0.0.1:" + server.httpPort();
      List<String> common = List.of("--query", url, "--otlp", url + "/v1/traces", "--strict", "-v");
      List<String> lines = play(TRACEQL, common);
      assertThat(lines.getLast()).matches("[1-9]\\d* passed, 0 failed");
      HttpRequest flush =
          HttpRequest.newBuilder(URI.create(url + "/admin/flush"))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build();
      try (HttpClient client = HttpClient.newHttpClient()) {
        assertThat(client.send(flush, HttpResponse.BodyHandlers.discarding()).statusCode())
            .isEqualTo(204);
      }
      // The first line names the run: "run id ID, T0 SECONDS, ..."
      List<String> first = List.of(lines.getFirst().replace(",", "").split(" "));
      List<String> again = new ArrayList<>(common);
      again.addAll(List.of("--no-push", "--run-id", first.get(2), "--t0", first.get(4)));
      assertThat(play(TRACEQL, again).getLast()).matches("[1-9]\\d* passed, 0 failed");
    }
  }

  @Test
  void keepsGrafanasContract() throws Exception {
    try (NetServer server = start()) {
      String url = "http://127.0.0.1:" + server.httpPort();
      List<String> arguments = new ArrayList<>(List.of("-v", "--header", "X-Scope-OrgID: gck"));
      arguments.addAll(List.of("--tempo", url + "/tempo", "--otlp", url));
      for (String group :
          List.of("health", "trace", "search", "traceql", "tags", "metrics", "common")) {
        arguments.addAll(List.of("--only", "tempo-" + group));
      }
      assertThat(play("grafana/check.py", arguments).getLast())
          .matches("[1-9]\\d* passed, 0 failed");
    }
  }
}
