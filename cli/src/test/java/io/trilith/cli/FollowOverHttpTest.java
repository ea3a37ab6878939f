package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import io.trilith.server.node.Node;
import io.trilith.testing.s3.S3Server;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Several processes on one bucket of a real S3 server, as clients see them. */
class FollowOverHttpTest {
  @TempDir static Path server;
  @TempDir Path directory;
  private static S3Server s3 = unset();
  private String prefix = "";

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T unset() {
    return null;
  }

  @BeforeAll
  static void start() throws IOException {
    s3 = S3Server.start(server);
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    prefix = test.getTestMethod().orElseThrow().getName();
  }

  private String[] sets(String... more) {
    List<String> sets = new ArrayList<>();
    for (String setting : S3Server.settings(s3.endpoint())) {
      if (!setting.equals("--set")) {
        sets.add(setting);
      }
    }
    sets.add("storage.s3.prefix=" + prefix);
    sets.add("deletion.delay=0");
    sets.add("retention.default=14d");
    sets.addAll(List.of(more));
    return sets.toArray(String[]::new);
  }

  @Test
  void aQueryThatMeetsADeletedObjectRunsOnceMore() {
    List<String> settings = new ArrayList<>(SmallBucket.settings(directory.resolve("a")));
    settings.addAll(List.of(sets("retention.default=0", "catalog.refresh=0")));
    settings.add("storage.data-dir=" + directory.resolve("a"));
    try (TrilithServer a =
        new TrilithServer(
            new ConfigReader(Map.of()).read(null, settings), InstantSource.system())) {
      for (int round = 0; round < 4; round++) {
        try (Api api = new Api("http://127.0.0.1:" + a.httpPort(), "a")) {
          SmallBucket.send(api, round);
        }
        SmallBucket.flush(a);
      }
    }
    // A fresh disk has no copies of blocks.
    settings.add("storage.data-dir=" + directory.resolve("fresh"));
    try (TrilithServer a =
            new TrilithServer(
                new ConfigReader(Map.of()).read(null, settings), InstantSource.system());
        Api api = new Api("http://127.0.0.1:" + a.httpPort(), "a")) {
      List<String> now = new ArrayList<>(settings);
      now.add("retention.delete-delay=0");
      int before = a.node().catalog().state().blocks().size();
      try (Node b =
          Node.offline(
              new ConfigReader(Map.of()).read(null, now),
              InstantSource.system(),
              System::nanoTime)) {
        b.compact();
        assertThat(b.catalog().state().blocks().size()).isLessThan(before);
      }
      assertThat(a.node().catalog().state().blocks()).hasSize(before);
      String time = String.valueOf(SmallBucket.START_MILLIS / 1000 + 600);
      assertThat(api.getText("/api/v1/query", "query", "count(temperature)", "time", time))
          .contains("\"10\"");
      assertThat(a.node().catalog().state().blocks().size()).isLessThan(before);
      String nanos = SmallBucket.START_MILLIS + "000000";
      assertThat(
              api.getText(
                  "/loki/api/v1/query_range",
                  "query",
                  "{app=\"web\"}",
                  "start",
                  nanos,
                  "end",
                  String.valueOf(SmallBucket.START_MILLIS / 1000 + 9000) + "000000000"))
          .contains("order 7 ");
      assertThat(api.getText("/api/search", "q", "{}", "start", "1699999000", "end", "1700009000"))
          .contains("step ");
    }
  }

  @Test
  void anEarlierServerAnswersWritesWith503AndQueriesAsBefore() {
    List<String> settings = new ArrayList<>(SmallBucket.settings(directory.resolve("a")));
    settings.addAll(List.of(sets("retention.default=0", "metrics-generator.enabled=true")));
    List<String> others = new ArrayList<>(settings);
    others.add("storage.data-dir=" + directory.resolve("b"));
    settings.add("storage.data-dir=" + directory.resolve("a"));
    ConfigReader reader = new ConfigReader(Map.of());
    try (TrilithServer a = new TrilithServer(reader.read(null, settings), InstantSource.system());
        Api api = new Api("http://127.0.0.1:" + a.httpPort(), "a")) {
      SmallBucket.send(api, 0);
      try (TrilithServer b = new TrilithServer(reader.read(null, others), InstantSource.system())) {
        assertThat(b.node().access().refusal()).isNull();
        a.node().catalog().refresh();
        assertThatThrownBy(() -> SmallBucket.send(api, 1))
            .hasMessageContaining("another server has taken the bucket over: ");
        assertThatThrownBy(() -> api.getText("/ready"))
            .hasMessageContaining("not ready: another server has taken the bucket over: ");
        assertThatThrownBy(() -> api.askText("/admin/flush"))
            .hasMessageContaining("another server has taken the bucket over");
        String time = String.valueOf(SmallBucket.START_MILLIS / 1000 + 200);
        assertThat(api.getText("/api/v1/query", "query", "count(temperature)", "time", time))
            .contains("\"10\"");
      }
    }
    try (TrilithServer a = new TrilithServer(reader.read(null, settings), InstantSource.system());
        Api api = new Api("http://127.0.0.1:" + a.httpPort(), "a")) {
      SmallBucket.send(api, 1);
      assertThat(api.getText("/ready")).contains("ready");
    }
  }
}
