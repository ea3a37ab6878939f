package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of buckets with damaged and lost blocks, and imports of files with wrong lines. */
class BackupTest {
  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path filled = Path.of("");

  @BeforeAll
  static void fill() {
    filled = shared.resolve("filled");
    SmallBucket.fill(filled);
  }

  private static Path firstBlock(Path data, String signal) throws IOException {
    try (Stream<Path> files = Files.list(data.resolve("objects/blocks/" + signal + "/a"))) {
      return files.sorted().findFirst().orElseThrow();
    }
  }

  private static String idOf(Path block) {
    String name = block.getFileName().toString();
    return name.substring(0, name.indexOf('.'));
  }

  /** A copy of the bucket whose first block of logs was hurt; returns that block. */
  private Path hurt(Path data, String how) throws IOException {
    SmallBucket.copy(filled, data);
    Path block = firstBlock(data, "logs");
    switch (how) {
      case "gone" -> Files.delete(block);
      case "another" ->
          Files.copy(
              firstBlock(data, "traces"), block, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      default -> {
        byte[] bytes = Files.readAllBytes(block);
        bytes[bytes.length / 3] ^= 1;
        Files.write(block, bytes);
      }
    }
    return block;
  }

  @Test
  void noCopyOfADamagedBucketIsMadeUnlessItIsLeftOutOnPurpose() throws IOException {
    for (String how : List.of("flipped", "gone", "another")) {
      Path data = directory.resolve(how);
      String id = idOf(hurt(data, how));
      for (String verb : List.of("snapshot", "copy")) {
        Path to = directory.resolve(how + "-" + verb);
        SmallBucket.Ran ran = SmallBucket.on(data, verb, "--to", to + "/objects");
        assertThat(ran.status()).as(how + " " + verb).isEqualTo(1);
        assertThat(ran.err()).contains(id, "--skip-damaged");
        assertThat(to.resolve("objects/catalog/commits")).doesNotExist();
        SmallBucket.Ran skipped =
            SmallBucket.on(data, verb, "--to", to + "/objects", "--skip-damaged");
        assertThat(skipped.status()).isEqualTo(1);
        assertThat(skipped.err()).contains(id);
        assertThat(SmallBucket.on(to, "blocks", "verify", "--deep").status()).isZero();
      }
      Path file = directory.resolve(how + ".jsonl");
      String[] export = {
        "export", "--signal", "logs", "--tenant", "a", "--file", file.toString(), "--skip-damaged"
      };
      SmallBucket.Ran whole =
          SmallBucket.on(data, List.of(export).subList(0, 7).toArray(String[]::new));
      assertThat(whole.status()).isEqualTo(1);
      assertThat(whole.err()).contains(id, "nothing was written");
      assertThat(file).doesNotExist();
      SmallBucket.Ran partly = SmallBucket.on(data, export);
      assertThat(partly.status()).isEqualTo(1);
      assertThat(partly.err()).contains(id, "it is incomplete");
      assertThat(Files.readAllLines(file)).hasSize(2 * SmallBucket.LINES * 2);
    }
  }

  @Test
  void aSnapshotWithADamagedBlockIsNotRestored() throws IOException {
    Path snapshot = directory.resolve("snapshot");
    assertThat(SmallBucket.on(filled, "snapshot", "--to", snapshot.toString()).status()).isZero();
    Path block;
    try (Stream<Path> files = Files.walk(snapshot.resolve("blocks"))) {
      block = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(block);
    bytes[bytes.length / 2] ^= 4;
    Files.write(block, bytes);
    SmallBucket.Ran ran =
        SmallBucket.on(directory.resolve("new"), "restore-snapshot", "--from", snapshot.toString());
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains(idOf(block));
  }

  @Test
  void aLostBlockIsGivenUpOnPurposeAndAReadableOneIsNot() throws IOException {
    Path data = directory.resolve("data");
    String lost = idOf(hurt(data, "gone"));
    assertThat(SmallBucket.on(data, "blocks", "verify").status()).isEqualTo(1);
    SmallBucket.Ran refused =
        SmallBucket.on(data, "blocks", "drop", idOf(firstBlock(data, "metrics")));
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("can be read");
    assertThat(SmallBucket.on(data, "blocks", "drop", lost, "--dry-run").out())
        .contains("would drop " + lost);
    assertThat(SmallBucket.on(data, "blocks", "drop", lost).out()).contains("dropped " + lost);
    assertThat(SmallBucket.on(data, "blocks", "verify").status()).isZero();
    Path to = directory.resolve("to");
    assertThat(SmallBucket.on(data, "snapshot", "--to", to.toString()).status()).isZero();
  }

  @Test
  void aMirrorOfTheWrongSideIsRefused() throws IOException {
    Path small = directory.resolve("small");
    SmallBucket.fill(small, 1);
    Path full = directory.resolve("full");
    SmallBucket.copy(filled, full);
    String to = full.resolve("objects").toString();
    SmallBucket.Ran ran = SmallBucket.on(small, "copy", "--mirror", "--to", to);
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("over 30 %", "--confirm");
    assertThat(SmallBucket.on(full, "blocks", "ls").lines()).hasSize(20);
    assertThat(SmallBucket.on(small, "copy", "--mirror", "--confirm", "--to", to).status())
        .isZero();
  }

  @Test
  void tracesComeBackAsTheyWere() throws IOException {
    Path file = directory.resolve("traces.jsonl");
    String[] export = {"export", "--signal", "traces", "--tenant", "a", "--file"};
    assertThat(SmallBucket.on(filled, with(export, file.toString())).status()).isZero();
    Path other = directory.resolve("other");
    try (TrilithServer server = SmallBucket.serve(other);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "")) {
      Files.writeString(file, "{\"resourceSpans\":3\n", java.nio.file.StandardOpenOption.APPEND);
      SmallBucket.Ran ran =
          SmallBucket.on(other, "import", "otlp-jsonl", file.toString(), "--tenant", "a");
      assertThat(ran.status()).isEqualTo(2);
      assertThat(ran.err()).contains(file + ":10: no JSON");
      SmallBucket.Ran again =
          SmallBucket.on(
              other, "import", "otlp-jsonl", file.toString(), "--tenant", "a", "--skip-bad-lines");
      assertThat(again.status()).isEqualTo(1);
      assertThat(again.out()).contains("imported 18 spans");
      api.post("/admin/flush", "text/plain", "", new byte[0]);
    }
    Path back = directory.resolve("back.jsonl");
    assertThat(SmallBucket.on(other, with(export, back.toString())).status()).isZero();
    List<String> sent = Files.readAllLines(file);
    assertThat(Files.readAllLines(back)).isEqualTo(sent.subList(0, sent.size() - 1));
  }

  @Test
  void tracesComeBackWithoutAServer() throws IOException {
    Path file = directory.resolve("traces.jsonl");
    String[] export = {"export", "--signal", "traces", "--tenant", "a", "--file"};
    assertThat(SmallBucket.on(filled, with(export, file.toString())).status()).isZero();
    Path other = directory.resolve("other");
    for (int twice = 0; twice < 2; twice++) {
      SmallBucket.Ran ran =
          SmallBucket.on(other, "import", "otlp-jsonl", file.toString(), "--tenant", "a");
      assertThat(ran.status()).isZero();
      assertThat(ran.out()).contains("imported 18 spans");
    }
    Path back = directory.resolve("back.jsonl");
    assertThat(SmallBucket.on(other, with(export, back.toString())).status()).isZero();
    assertThat(Files.readAllLines(back)).isEqualTo(Files.readAllLines(file));
    SmallBucket.Ran tooOld =
        SmallBucket.run(
            "import",
            "otlp-jsonl",
            file.toString(),
            "--data-dir",
            other.toString(),
            "--set",
            "retention.default=1s",
            "--tenant",
            "b");
    assertThat(tooOld.err()).contains("skipped 18 spans that are refused");
    assertThat(tooOld.status()).isZero();
  }

  @Test
  void anImportGoesOnWhereItWasEnded() throws IOException {
    Path file = directory.resolve("logs.jsonl");
    String[] export = {"export", "--signal", "logs", "--tenant", "a", "--file"};
    assertThat(SmallBucket.on(filled, with(export, file.toString())).status()).isZero();
    Path progress = Files.writeString(directory.resolve("progress"), "100\n");
    Path data = directory.resolve("data");
    SmallBucket.Ran ran =
        SmallBucket.on(
            data, "import", "loki-jsonl", file.toString(), "--progress", progress.toString());
    assertThat(ran.status()).isZero();
    assertThat(ran.err()).contains("an earlier run had imported 100 entries");
    assertThat(progress).doesNotExist();
    Files.writeString(progress, "a\n");
    assertThat(
            SmallBucket.on(
                    data, "import", "loki-jsonl", file.toString(), "--progress", "" + progress)
                .err())
        .contains("is no file of --progress");
  }

  @Test
  void aServerBesideADirectoryMustBeItsOwner() {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    try (TrilithServer a = SmallBucket.serve(one);
        TrilithServer b = SmallBucket.serve(two)) {
      String url = "http://127.0.0.1:" + a.httpPort();
      assertThat(SmallBucket.on(one, "delete", "ls", "--tenant", "a", "--server", url).status())
          .isZero();
      assertThat(SmallBucket.on(one, "delete", "ls", "--tenant", "a").err())
          .as("the directory says where its server is")
          .contains("the server at " + url);
      SmallBucket.Ran wrong = SmallBucket.on(two, "delete", "ls", "--tenant", "a", "--server", url);
      assertThat(wrong.status()).isEqualTo(1);
      assertThat(wrong.err()).contains("is not the server that owns '" + two + "'");
      assertThat(b.node().access().refusal()).isNull();
    }
    SmallBucket.Ran nobody =
        SmallBucket.on(two, "delete", "ls", "--tenant", "a", "--server", "http://127.0.0.1:1");
    assertThat(nobody.status()).isEqualTo(1);
    assertThat(nobody.err()).contains("are two targets");
  }

  @Test
  void whatReadsCreatesNothing() {
    Path nowhere = directory.resolve("nowhere");
    for (String[] verb :
        new String[][] {
          {"retention", "plan"},
          {"retention", "run", "--dry-run"},
          {"delete", "ls"},
          {"restore"},
          {"blocks", "ls"},
          {"blocks", "verify"},
          {"catalog", "log"},
          {"compact", "plan"},
          {"export", "--signal", "logs"},
          {"analyze", "--signal", "logs"},
          {"delete", "create", "--logs", "{a=\"b\"}"}
        }) {
      SmallBucket.Ran ran = SmallBucket.on(nowhere, verb);
      assertThat(ran.status()).as(String.join(" ", verb)).isEqualTo(1);
      assertThat(ran.err()).contains("there is no bucket in '" + nowhere + "'");
      assertThat(nowhere).doesNotExist();
    }
  }

  @Test
  void helpAndVersionAreAnsweredAtEveryLevel() {
    for (String[] verb :
        new String[][] {
          {},
          {"serve"},
          {"demo"},
          {"blocks"},
          {"blocks", "ls"},
          {"delete"},
          {"query", "logs"},
          {"check-config"},
          {"version"}
        }) {
      assertThat(SmallBucket.run(with(verb, "--help")).out()).contains("Usage: trilith");
      assertThat(SmallBucket.run(with(verb, "-h")).status()).isZero();
      assertThat(SmallBucket.run(with(verb, "--version")).out()).startsWith("trilith ");
    }
  }

  private static String[] with(String[] arguments, String more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }
}
