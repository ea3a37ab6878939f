package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is exported comes back the same, offline and through a server. */
class ExportCommandTest {
  @TempDir static Path filled;
  @TempDir Path directory;

  @BeforeAll
  static void fill() {
    SmallBucket.fill(filled);
  }

  private static SmallBucket.Ran export(Path from, String signal, String... more) {
    List<String> all =
        new java.util.ArrayList<>(List.of("export", "--signal", signal, "--tenant", "a"));
    all.addAll(List.of(more));
    return SmallBucket.on(from, all.toArray(String[]::new));
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  @Test
  void metricsComeBackAsTheyWere() throws IOException {
    SmallBucket.Ran exported = export(filled, "metrics");
    assertThat(exported.status()).isZero();
    assertThat(exported.err()).contains("exported 1800 samples");
    assertThat(exported.lines().getLast()).isEqualTo("# EOF");
    Path text = file("a.om", exported.out());
    Path bucket = directory.resolve("bucket");
    assertThat(SmallBucket.on(bucket, "import", "openmetrics", text.toString(), "--dry-run").out())
        .contains("would import 1800 samples");
    assertThat(bucket.resolve("objects")).doesNotExist();
    for (int i = 0; i < 2; i++) {
      SmallBucket.Ran ran =
          SmallBucket.on(bucket, "import", "openmetrics", text.toString(), "--tenant", "a");
      assertThat(ran.out()).startsWith("imported 1800 samples: 1 blocks, ");
    }
    assertThat(export(bucket, "metrics").out()).isEqualTo(exported.out());
    assertThat(SmallBucket.on(bucket, "compact", "run").status()).isZero();
    assertThat(export(bucket, "metrics").out()).isEqualTo(exported.out());
    assertThat(SmallBucket.on(bucket, "blocks", "verify", "--deep").status()).isZero();
    assertThat(SmallBucket.on(bucket, "catalog", "log").out()).contains("import", "merge");
  }

  @Test
  void logsComeBackAsTheyWere() throws IOException {
    SmallBucket.Ran exported = export(filled, "logs");
    assertThat(exported.lines()).hasSize(SmallBucket.ROUNDS * SmallBucket.LINES * 2);
    assertThat(exported.out()).contains("\"metadata\":{", "\"user\":\"u3\"");
    Path jsonl = directory.resolve("a.jsonl");
    assertThat(export(filled, "logs", "--file", jsonl.toString()).status()).isZero();
    assertThat(jsonl).hasContent(exported.out());
    Path bucket = directory.resolve("bucket");
    for (int i = 0; i < 2; i++) {
      SmallBucket.Ran ran =
          SmallBucket.on(bucket, "import", "loki-jsonl", jsonl.toString(), "--tenant", "a");
      assertThat(ran.out()).startsWith("imported 240 entries: 1 blocks, ");
    }
    assertThat(export(bucket, "logs").out()).isEqualTo(exported.out());
    assertThat(export(bucket, "logs", "--selector", "{app=\"db\"}").lines()).hasSize(120);
    assertThat(export(bucket, "logs", "--to", "2023-11-14T22:13:21Z").lines()).hasSize(4);
  }

  @Test
  void tracesAreTakenByAReceiver() throws IOException {
    SmallBucket.Ran exported = export(filled, "traces");
    assertThat(exported.err()).contains("exported 18 spans");
    Path bucket = directory.resolve("bucket");
    try (TrilithServer server = SmallBucket.serve(bucket);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
      for (String line : exported.lines()) {
        api.post("/v1/traces", "application/json", "", line.getBytes(StandardCharsets.UTF_8));
      }
      String url = "http://127.0.0.1:" + server.httpPort();
      // The server flushes first, though nothing was in a block yet.
      SmallBucket.Ran again = export(bucket, "traces", "--server", url);
      assertThat(again.out()).isEqualTo(exported.out());
      assertThat(again.err()).contains("exported 18 spans");
    }
  }

  @Test
  void aRunningServerTakesImports() throws IOException {
    Path text = file("a.om", export(filled, "metrics").out());
    Path jsonl = file("a.jsonl", export(filled, "logs").out());
    Path bucket = directory.resolve("bucket");
    try (TrilithServer server = SmallBucket.serve(bucket)) {
      String url = "http://127.0.0.1:" + server.httpPort();
      SmallBucket.Ran metrics =
          SmallBucket.on(
              bucket,
              "import",
              "openmetrics",
              text.toString(),
              "--tenant",
              "a",
              "--server",
              url,
              "--set",
              "tenancy.multi=true");
      assertThat(metrics.err()).contains("the server at " + url + " takes it");
      assertThat(metrics.out()).startsWith("imported 1800 samples: 1 requests to");
      assertThat(
              SmallBucket.on(
                      bucket,
                      "import",
                      "loki-jsonl",
                      jsonl.toString(),
                      "--tenant",
                      "a",
                      "--server",
                      url,
                      "--set",
                      "tenancy.multi=true")
                  .status())
          .isZero();
      assertThat(export(bucket, "metrics", "--server", url).out())
          .isEqualTo(Files.readString(text));
      assertThat(export(bucket, "logs", "--server", url).lines().size()).isEqualTo(240);
    }
  }

  @Test
  void aWrongLineIsNamed() throws IOException {
    Path bucket = directory.resolve("bucket");
    for (String[] wrong :
        new String[][] {
          {"up 1\n", ":1: a time, in seconds, behind the value is missing"},
          {"up 1 2\nup{a=b} 1 2\n", ":2: a value in quotes wanted at column 6"},
          {"up x 2\n", ":1: 'x' is no number"},
          {"up 1 soon\n", ":1: 'soon' is no time in seconds"},
          {"{a=\"b\"} 1 2\n", ":1: a sample without a name"},
          {"up{a=\"b} 1 2\n", ":1: quotes that begin at column 6 do not end"},
          {"# EOF\nup 1 2\n", ":2: there is more after # EOF"}
        }) {
      Path file = file("wrong.om", wrong[0]);
      SmallBucket.Ran ran = SmallBucket.on(bucket, "import", "openmetrics", file.toString());
      assertThat(ran.status()).isEqualTo(2);
      assertThat(ran.err()).contains(file + wrong[1]);
    }
    Path file =
        file("wrong.jsonl", "{\"labels\":{\"a\":\"b\"},\"timestamp\":\"x\",\"line\":\"y\"}");
    SmallBucket.Ran ran = SmallBucket.on(bucket, "import", "loki-jsonl", file.toString());
    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err()).contains(file + ":1: timestamp 'x' is not of RFC 3339");
    SmallBucket.Ran missing = SmallBucket.on(bucket, "import", "openmetrics", "/nowhere");
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.err()).contains("cannot open '/nowhere'");
  }
}
