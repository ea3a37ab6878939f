package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merges, checks of the storage and analyses, on a real bucket. */
class CompactCommandTest {
  @TempDir static Path filled;
  @TempDir Path directory;

  @BeforeAll
  static void fill() {
    SmallBucket.fill(filled);
  }

  private static String answers(TrilithServer server) {
    try (Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
      long start = SmallBucket.START_MILLIS / 1000;
      String range = Long.toString(start - 60);
      String end = Long.toString(start + 2000);
      return api.askText(
              "/api/v1/query_range",
              "query",
              "{job=\"shop\"}",
              "start",
              range,
              "end",
              end,
              "step",
              "15")
          + api.get(
                  "/loki/api/v1/query_range",
                  "query",
                  "{app=~\".+\"}",
                  "start",
                  range,
                  "end",
                  end,
                  "limit",
                  "1000")
              .at("data")
              .at("result")
          + api.get(
                  "/tempo/api/search",
                  "q",
                  "{ span.n >= 0 }",
                  "start",
                  range,
                  "end",
                  end,
                  "limit",
                  "100",
                  "spss",
                  "100")
              .at("traces");
    }
  }

  private long objects() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("objects/blocks"))) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void runMergesOfflineAndAnswersStayTheSame() throws IOException {
    SmallBucket.copy(filled, directory);
    String before;
    try (TrilithServer server = SmallBucket.serve(directory)) {
      before = answers(server);
    }
    SmallBucket.Ran status = SmallBucket.on(directory, "compact", "status");
    assertThat(status.out()).contains("2023-11-14", "due: ", "compact run");
    SmallBucket.Ran plan = SmallBucket.on(directory, "compact", "plan", "-o", "json");
    assertThat(plan.out()).contains("\"bytes_in\"", "\"bytes_out_at_most\"");
    long objects = objects();
    SmallBucket.Ran dry = SmallBucket.on(directory, "compact", "run", "--dry-run");
    assertThat(dry.status()).isZero();
    assertThat(objects()).isEqualTo(objects);

    SmallBucket.Ran one =
        SmallBucket.on(directory, "compact", "run", "--tenant", "b", "--signal", "logs");
    assertThat(one.status()).isZero();
    assertThat(one.out()).contains("logs").doesNotContain("metrics");
    assertThat(objects()).as("inputs stay for retention.delete-delay").isGreaterThan(objects);
    long kept = objects();
    SmallBucket.Ran all =
        SmallBucket.on(directory, "compact", "run", "--set", "retention.delete-delay=0");
    assertThat(all.status()).isZero();
    assertThat(all.lines().getLast()).contains(" merges, ", " became ");
    assertThat(objects()).isLessThan(kept);
    assertThat(SmallBucket.on(directory, "blocks", "verify", "--deep").status()).isZero();
    assertThat(SmallBucket.on(directory, "compact", "run").out()).contains("nothing was due");
    assertThat(SmallBucket.on(directory, "compact", "status").out()).contains("nothing is due");
    try (TrilithServer server = SmallBucket.serve(directory)) {
      assertThat(answers(server)).isEqualTo(before).contains("order 7");
    }
  }

  @Test
  void runLetsARunningServerDoIt() throws IOException {
    SmallBucket.copy(filled, directory);
    try (TrilithServer server = SmallBucket.serve(directory)) {
      String before = answers(server);
      SmallBucket.Ran ran =
          SmallBucket.on(
              directory,
              "compact",
              "run",
              "--signal",
              "traces",
              "--server",
              "http://127.0.0.1:" + server.httpPort());
      assertThat(ran.err()).contains("the server at http://127.0.0.1:", "does the work");
      assertThat(ran.status()).isZero();
      assertThat(ran.out()).contains("traces", " became ").doesNotContain("logs");
      assertThat(answers(server)).isEqualTo(before);
      SmallBucket.Ran unreachable =
          SmallBucket.on(directory, "compact", "run", "--server", "http://127.0.0.1:1");
      assertThat(unreachable.status()).isEqualTo(1);
      assertThat(unreachable.err()).contains("cannot reach a server at http://127.0.0.1:1");
    }
  }

  @Test
  void storageCheckPassesOnADirectory() {
    SmallBucket.Ran ran = SmallBucket.on(directory, "storage", "check");
    assertThat(ran.status()).isZero();
    assertThat(ran.out()).contains("create-if-absent", "16 threads").doesNotContain("FAIL");
    assertThat(ran.lines()).hasSize(12);
    assertThat(SmallBucket.on(directory, "storage", "check", "-o", "json").out())
        .contains("\"result\" : \"pass\"", "\"p99_ms\"");
  }

  @Test
  void analyzeCountsEachSignal() {
    SmallBucket.Ran metrics =
        SmallBucket.on(filled, "analyze", "--signal", "metrics", "--tenant", "a", "-o", "json");
    assertThat(metrics.out())
        .contains("\"a\"", "\"metric\" : \"temperature\"", "\"series\" : 10", "\"samples\" : 900")
        .doesNotContain("\"b\"");
    SmallBucket.Ran logs = SmallBucket.on(filled, "analyze", "--signal", "logs");
    assertThat(logs.out()).contains("tenant a", "tenant b", "app=web", "order <_> took");
    SmallBucket.Ran traces = SmallBucket.on(filled, "analyze", "--signal", "traces", "--top", "2");
    assertThat(traces.out()).contains("shop: step 0", "columns");
    assertThat(SmallBucket.on(filled, "analyze").status()).isEqualTo(2);
  }
}
