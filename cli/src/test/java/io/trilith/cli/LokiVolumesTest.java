package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes by stream and label, and shards, over head and blocks. */
class LokiVolumesTest {
  private static final String SECOND = "000000000";

  @TempDir Path directory;
  private TrilithServer server;

  @BeforeEach
  void start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0",
            "log-ingest.discover-service-name=",
            "retention.default=0");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
    push("web", "1", "12345678");
    push("web", "2", "1234");
    post("/admin/flush", "");
    push("web", "12", "123");
    push("db", "3", "12");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void push(String app, String second, String line) {
    post(
        "/loki/api/v1/push",
        "{\"streams\":[{\"stream\":{\"app\":\"%s\",\"pod\":\"%s-%s\"},\"values\":[[\"%s\",\"%s\"]]}]}"
            .formatted(app, app, second, second + SECOND, line));
  }

  private void post(String path, String body) {
    try (Api api = Api.local(server.httpPort())) {
      api.post(path, "application/json", "", body.getBytes(StandardCharsets.UTF_8));
    }
  }

  private String get(String path, String... parameters) {
    try (Api api = Api.local(server.httpPort())) {
      return api.askText("/loki/api/v1/index/" + path, parameters);
    }
  }

  @Test
  void volumesAreBytesOfLinesByTheLabelsAskedFor() {
    assertThat(get("volume", "query", "{app=~\".+\"}", "start", "0", "end", "20" + SECOND))
        .contains(
            "\"result\":[{\"metric\":{\"app\":\"web\"},\"value\":[20,\"15\"]},"
                + "{\"metric\":{\"app\":\"db\"},\"value\":[20,\"2\"]}]");
    assertThat(
            get(
                "volume",
                "query",
                "{app=\"web\"}",
                "targetLabels",
                "pod",
                "limit",
                "1",
                "start",
                "0",
                "end",
                "20" + SECOND))
        .contains("\"result\":[{\"metric\":{\"pod\":\"web-1\"},\"value\":[20,\"8\"]}]");
    assertThat(
            get(
                "volume",
                "query",
                "{}",
                "aggregateBy",
                "labels",
                "start",
                "0",
                "end",
                "20" + SECOND))
        .contains("{\"metric\":{\"app\":\"\"},\"value\":[20,\"17\"]}");
  }

  @Test
  void volumeRangesHaveAPointWhereAStepEnds() {
    assertThat(
            get(
                "volume_range",
                "query",
                "{app=~\".+\"}",
                "step",
                "10",
                "start",
                "0",
                "end",
                "20" + SECOND))
        .contains(
            "\"resultType\":\"matrix\"",
            "{\"metric\":{\"app\":\"web\"},\"values\":[[10,\"12\"],[20,\"3\"]]}",
            "{\"metric\":{\"app\":\"db\"},\"values\":[[10,\"2\"]]}");
  }

  @Test
  void shardsCoverAllFingerprintsOnceAndAllEntries() {
    String shards =
        get(
            "shards",
            "query",
            "{app=~\".+\"}",
            "targetBytesPerShard",
            "4",
            "start",
            "0",
            "end",
            "20" + SECOND);
    assertThat(shards).contains("{\"bounds\":{\"min\":0,\"max\":").contains("18446744073709551615");
    String[] counts = shards.split("\"entries\":", -1);
    int entries = 0;
    for (int i = 1; i < counts.length; i++) {
      entries += counts[i].charAt(0) - '0';
    }
    assertThat(entries).isEqualTo(4);
  }
}
