package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.HostPort;
import io.trilith.config.LimitsConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.ServerConfig;
import io.trilith.config.TenancyConfig;
import io.trilith.config.WalConfig;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.logs.LogsIngest;
import io.trilith.logql.LogqlEngine;
import io.trilith.logstore.LogStore;
import io.trilith.net.NetMetrics;
import io.trilith.net.NetServer;
import io.trilith.net.RouteTable;
import io.trilith.query.loki.LokiApi;
import io.trilith.query.loki.LokiLimits;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays the shared LogQL cases against receivers, store, language and API as one. */
class LogqlConformanceTest {
  @TempDir Path directory;

  private NetServer start(LocalLog wal) throws IOException {
    InstantSource clock = InstantSource.system();
    ByteSize large = ByteSize.parse("64MiB");
    SplittableRandom random = new SplittableRandom(1);
    LogStore store =
        new LogStore(
            wal,
            new MemoryObjectStore(),
            new HeadBudget(new HeadConfig(large, Duration.ofHours(2), large, large)),
            new DataAge(
                new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock),
            new CacheConfig(large),
            clock,
            () -> BlockId.create(clock, random));
    PrometheusRegistry registry = new PrometheusRegistry();
    RouteTable http = new RouteTable();
    new LogsIngest(store, LimitsConfig.defaults(), new IngestMetrics(registry), clock)
        .register(http);
    LokiLimits limits =
        new LokiLimits(
            50_000_000,
            1_000_000,
            256L << 20,
            11_000,
            8,
            Duration.ofSeconds(60),
            5000,
            100,
            Duration.ZERO);
    new LokiApi(store::reader, new LogqlEngine(250, 500), clock, limits, "test").register(http);
    HostPort any = HostPort.parse("127.0.0.1:0");
    ServerConfig config =
        new ServerConfig(
            any,
            any,
            any,
            large,
            ByteSize.parse("128MiB"),
            16,
            16,
            100,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60));
    NetServer.Listeners listeners =
        new NetServer.Listeners(http, new RouteTable(), new RouteTable());
    return new NetServer(
        config, new TenancyConfig(true), new NetMetrics(registry), listeners, clock);
  }

  private static String run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return Assumptions.abort("there is no " + command[0] + ": skipped");
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return output + "\nexit " + process.waitFor();
  }

  @Test
  void answersEveryCaseOfTheSharedSet() throws Exception {
    Path player = Shared.path("conformance/logql/run.py");
    WalConfig walConfig =
        new WalConfig(
            WalConfig.Sync.INTERVAL,
            Duration.ofMillis(50),
            ByteSize.parse("16MiB"),
            ByteSize.parse("256MiB"),
            ByteSize.parse("1GiB"));
    try (LocalLog wal = new LocalLog(directory.resolve("log"), walConfig, 0);
        NetServer server = start(wal)) {
      String url = "http://127.0.0.1:" + server.httpPort();
      String hold = System.getProperty("trilith.hold", "");
      String report =
          hold.isEmpty()
              ? run("python3", player.toString(), "--url", url, "-v", "--settle", "0")
              : run("sh", "-c", hold.replace("URL", url));
      assertThat(List.of(report.split("\n"))).as(report).contains("exit 0");
    }
  }
}
