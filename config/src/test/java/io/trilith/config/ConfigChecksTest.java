package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigChecksTest {
  @TempDir Path directory;

  private static TrilithConfig read(String... sets) {
    return new ConfigReader(Map.of()).read(null, List.of(sets));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wal.size-max=1MiB | wal.flush-size | wal.size-max",
        "wal.size-max=8MiB wal.flush-size=4MiB wal.segment-size=64MiB | wal.segment-size | size-max",
        "wal.sync=interval wal.sync-interval=0 | wal.sync-interval | longer than 0",
        "head.total-size=90MiB head.total-max=50MiB | head.total-size | head.total-max",
        "head.flush-size=1GiB | head.flush-size | head.total-max",
        "query.concurrency-max=0 | query.concurrency-max | at least 1",
        "query.bytes-max=90MiB query.memory-max=10MiB | query.bytes-max | query.memory-max",
        "query.depth-max=0 | query.depth-max | at least 1",
        "server.writes-max=0 | server.writes-max | at least 1",
        "server.query-timeout=0 | server.query-timeout | longer than 0",
        "server.body-max=700MiB | server.body-max | bodies-in-flight-max",
        "server.http-listen=:4318 | server.http-listen | server.otlp-http-listen",
        "server.http-listen=127.0.0.1:4317 | server.http-listen | server.otlp-grpc-listen",
        "server.http-listen=:3200 | server.http-listen is :3200 | auth.open-network: true",
        "server.otlp-grpc-listen=0.0.0.0:4317 | server.otlp-grpc-listen | auth.file",
        "server.otlp-http-listen=10.0.0.1:4318 auth.mode=none | server.otlp-http-listen | auth.mode",
        "auth.mode=required | auth.mode = required | set auth.file",
        "auth.mode=none auth.file=a.yml | auth.mode = none | auth.file = a.yml",
        "auth.open-network=true | auth.open-network | auth.mode = none",
        "auth.trusted-proxies=proxy.example | trusted-proxies | 10.0.0.0/8",
        "tls.cert-file=a.crt | cert-file | key-file",
        "tls.client-auth=require | client-auth | client-ca-file",
        "storage.merge-interval=0 | storage.merge-interval | longer than 0",
        "log-query.entries-default=9000 | log-query.entries-default | entries-max",
        "storage.s3.endpoint=localhost:9000 | storage.s3.endpoint | http://HOST:PORT",
        "storage.s3.bucket=s3://b | storage.s3.bucket | no name of a bucket",
        "storage.s3.sse-kms-key=k | storage.s3.sse-kms-key | storage.s3.sse",
        "storage.s3.attempt-timeout=20s storage.s3.request-timeout=5s | attempt-timeout | request-timeout",
        "storage.kind=s3 storage.s3.bucket=b retention.disk-high-water=90 retention.disk-low-water=80 | disk-high-water | storage.kind"
      })
  void whatContradictsSomethingElseIsRefusedWithBothNames(String sets, String one, String other) {
    assertThatThrownBy(() -> read(sets.split(" ")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(one)
        .hasMessageContaining(other);
  }

  @Test
  void everyErrorIsToldInOneRun() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("t.yaml"),
            """
            server:
              body-max: big
              writes-max: 0
            retention:
              defualt: 1d
            ha-dedupe:
              cluster-label: __replica__
            wal:
              size-max: 1MiB
            """);
    assertThatThrownBy(() -> new ConfigReader(Map.of()).read(file, List.of("query.depth-max=x")))
        .hasMessageContaining(file + ":2: server.body-max: 'big'")
        .hasMessageContaining("server.writes-max = 0")
        .hasMessageContaining(file + ":5: unknown key 'retention.defualt'")
        .hasMessageContaining("ha-dedupe.cluster-label")
        .hasMessageContaining("wal.flush-size")
        .hasMessageContaining("query.depth-max: 'x'");
  }

  @Test
  void aPolicyIsForOneTenantOrForAll() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("t.yaml"),
            "retention:\n  policies:\n    - tenant: team-*\n      keep: 1d\n");
    assertThatThrownBy(() -> new ConfigReader(Map.of()).read(file, List.of()))
        .hasMessageContaining("retention.policies[0].tenant = 'team-*'");
  }

  @Test
  void whatIsMoreThanTheHeapIsNamed() {
    assertThat(ConfigChecks.heap(read(), 1L << 20))
        .anySatisfy(
            error -> assertThat(error).startsWith("server.body-max = 64MiB is more than the heap"));
    assertThat(ConfigChecks.heap(read(), 1L << 40)).isEmpty();
  }

  @Test
  void whatMayNotBeMeantIsAWarning() {
    assertThat(ConfigChecks.warnings(read())).isEmpty();
    assertThat(ConfigChecks.warnings(read("retention.default=5m")))
        .singleElement()
        .asString()
        .contains("retention.default = 5m", "head.flush-age");
    assertThat(ConfigChecks.warnings(read("log-limits.max-line-size=1GiB")))
        .singleElement()
        .asString()
        .contains("log-limits.max-line-size = 1GiB", "server.body-max");
    assertThat(ConfigChecks.warnings(read("server.body-max=1MiB")))
        .singleElement()
        .asString()
        .contains("trace-limits.span-size = 4MiB", "server.body-max");
  }

  @Test
  void tellsWhereAValueComesFrom() throws Exception {
    Path file = Files.writeString(directory.resolve("t.yaml"), "wal:\n  sync: interval\n");
    assertThat(new ConfigReader(Map.of()).origins(file, List.of("wal.size-max=5GiB")))
        .containsExactly(
            Map.entry("wal.size-max", "--set wal.size-max=5GiB"),
            Map.entry("wal.sync", file + ":2"));
  }
}
