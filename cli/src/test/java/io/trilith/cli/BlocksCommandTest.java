package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.server.TrilithServer;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs on blocks and catalog, on a real bucket that each fault is put into. */
class BlocksCommandTest {
  @TempDir static Path filled;
  @TempDir Path directory;

  @BeforeAll
  static void fill() {
    SmallBucket.fill(filled);
  }

  private SmallBucket.Ran copied(String... arguments) throws IOException {
    if (!Files.exists(directory.resolve("objects"))) {
      SmallBucket.copy(filled, directory);
    }
    return SmallBucket.on(directory, arguments);
  }

  private List<Path> blocks() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("objects/blocks"))) {
      return files.filter(file -> file.toString().endsWith(".block")).sorted().toList();
    }
  }

  private static List<Path> sorted(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private static String firstId(String... filter) {
    List<String> all = new java.util.ArrayList<>(List.of("blocks", "ls", "-o", "json"));
    all.addAll(List.of(filter));
    String out = SmallBucket.on(filled, all.toArray(String[]::new)).out();
    int at = out.indexOf("\"id\" : \"") + 8;
    return out.substring(at, at + 26);
  }

  @Test
  void listsBlocksByTenantSignalAndTime() {
    SmallBucket.Ran all = SmallBucket.on(filled, "blocks", "ls");
    assertThat(all.status()).isZero();
    assertThat(all.lines().getFirst()).contains("tenant", "signal", "items", "bytes", "level");
    assertThat(all.lines().getLast()).startsWith("18 blocks, ");
    SmallBucket.Ran some =
        SmallBucket.on(filled, "blocks", "ls", "--tenant", "b", "--signal", "logs");
    assertThat(some.lines()).hasSize(5);
    assertThat(some.out()).contains("2023-11-14T22:13:20Z").doesNotContain("metrics");
    assertThat(
            SmallBucket.on(filled, "blocks", "ls", "--from", "2023-11-14T22:20:00Z", "-o", "json")
                .out())
        .contains("\"signal\" : \"metrics\"")
        .doesNotContain("\"signal\" : \"traces\"");
    assertThat(SmallBucket.on(filled, "blocks", "ls", "--level", "1").lines().getLast())
        .startsWith("0 blocks");
  }

  @Test
  void aDirectoryWithoutABucketIsSaidToBeOne() {
    SmallBucket.Ran ran = SmallBucket.run("blocks", "ls", "--data-dir", "/nowhere/at-all");
    assertThat(ran.status()).isNotZero();
    assertThat(ran.err()).contains("no bucket in '/nowhere/at-all'", "--data-dir");
  }

  @Test
  void aWrongArgumentIsStatus2AndNamesTheValue() {
    SmallBucket.Ran ran = SmallBucket.on(filled, "blocks", "ls", "--from", "yesterday");
    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err()).contains("'yesterday' is no time");
    SmallBucket.Ran unknown = SmallBucket.on(filled, "blocks", "inspect", "01ZZ");
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.err()).contains("'01ZZ' is no live block of", "trilith blocks ls");
  }

  @Test
  void inspectShowsSectionsAndCountsOfEachSignal() {
    SmallBucket.Ran metrics =
        SmallBucket.on(filled, "blocks", "inspect", firstId("--signal", "metrics"));
    assertThat(metrics.out()).contains("series", "20", "layout", "postings", "instance");
    SmallBucket.Ran logs =
        SmallBucket.on(filled, "blocks", "inspect", firstId("--signal", "logs"), "-o", "json");
    assertThat(logs.out())
        .contains("\"streams\" : 2", "\"plain_pages\" : 2", "\"label\" : \"app\"");
    SmallBucket.Ran traces =
        SmallBucket.on(filled, "blocks", "inspect", firstId("--signal", "traces"));
    assertThat(traces.out()).contains("traces", "row groups", "span.n", "start");
  }

  @Test
  void catShowsItemsOfEachSignal() {
    SmallBucket.Ran metrics =
        SmallBucket.on(
            filled,
            "blocks",
            "cat",
            firstId("--signal", "metrics"),
            "--selector",
            "requests_total{instance=\"host-0\"}",
            "--limit",
            "2");
    assertThat(metrics.lines())
        .containsExactly(
            "# TYPE requests_total unknown",
            "requests_total{instance=\"host-0\",job=\"shop\"} 0 1700000000",
            "requests_total{instance=\"host-0\",job=\"shop\"} 3 1700000015",
            "# EOF");
    SmallBucket.Ran logs =
        SmallBucket.on(
            filled,
            "blocks",
            "cat",
            firstId("--signal", "logs"),
            "--selector",
            "{app=\"db\"}",
            "--limit",
            "1",
            "-o",
            "json");
    assertThat(logs.lines()).hasSize(1);
    assertThat(logs.out())
        .contains("\"timestamp\":\"2023-11-14T22:13:20Z\"", "\"line\":\"order 0 took 0ms\"");
    SmallBucket.Ran traces =
        SmallBucket.on(
            filled,
            "blocks",
            "cat",
            firstId("--signal", "traces"),
            "--selector",
            "{ span.n = 3 }",
            "-o",
            "json");
    assertThat(traces.lines()).hasSize(1);
    assertThat(traces.out()).contains("\"traceId\":\"00000000000000000000000000000002\"");
  }

  @Test
  void anIntactBucketIsIntact() throws IOException {
    SmallBucket.Ran ran = copied("blocks", "verify", "--deep");
    assertThat(ran.status()).isZero();
    assertThat(ran.out()).startsWith("intact: commit ").contains("18 blocks", "decoded");
  }

  @Test
  void aFlippedBitAnywhereIsFoundWithObjectAndOffset() throws IOException {
    copied("blocks", "ls");
    SplittableRandom random = Seeds.random("flipped bits");
    for (int round = 0; round < 60; round++) {
      List<Path> all = blocks();
      Path block = all.get(random.nextInt(all.size()));
      byte[] bytes = Files.readAllBytes(block);
      int at = random.nextInt(bytes.length);
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(block, bytes);
      SmallBucket.Ran ran = copied("blocks", "verify");
      assertThat(ran.status()).as("byte %d of %s", at, block).isEqualTo(1);
      assertThat(ran.out())
          .contains("damaged", directory.resolve("objects").relativize(block).toString(), "byte ");
      assertThat(ran.lines().getLast()).startsWith("1 problems: ");
      bytes[at] = Files.readAllBytes(original(block))[at];
      Files.write(block, bytes);
    }
    assertThat(copied("blocks", "verify", "--deep").status()).isZero();
  }

  private Path original(Path block) {
    return filled.resolve(directory.relativize(block));
  }

  @Test
  void aMissingObjectATruncatedBlockAndAnOrphanAreFound() throws IOException {
    copied("blocks", "ls");
    List<Path> all = blocks();
    Files.delete(all.get(0));
    byte[] bytes = Files.readAllBytes(all.get(5));
    Files.write(all.get(5), java.util.Arrays.copyOf(bytes, bytes.length - 100));
    Files.copy(all.get(10), all.get(10).resolveSibling("01HZZZZZZZZZZZZZZZZZZZZZZZ.block"));
    SmallBucket.Ran ran = copied("blocks", "verify", "-o", "json");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out())
        .contains(
            "\"problems\" : 3",
            "\"problem\" : \"missing\"",
            "\"problem\" : \"truncated\"",
            "\"offset\" : " + (bytes.length - 100),
            "\"problem\" : \"orphan\"",
            "01HZZZZZZZZZZZZZZZZZZZZZZZ");
  }

  @Test
  void aBlockThatWasReplacedByAnotherIsMiscounted() throws IOException {
    copied("blocks", "ls");
    List<Path> logs =
        blocks().stream().filter(file -> file.toString().contains("/logs/a/")).toList();
    List<Path> metrics =
        blocks().stream().filter(file -> file.toString().contains("/metrics/a/")).toList();
    Files.copy(metrics.get(0), logs.get(0), StandardCopyOption.REPLACE_EXISTING);
    SmallBucket.Ran ran = copied("blocks", "verify", "--deep");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).contains(logs.get(0).getFileName().toString());
  }

  @Test
  void aGapAndADamagedCommitAreFound() throws IOException {
    copied("blocks", "ls");
    List<Path> commits = sorted(directory.resolve("objects/catalog/commits"));
    assertThat(commits).hasSizeGreaterThan(2);
    byte[] bytes = Files.readAllBytes(commits.get(0));
    bytes[20] ^= 4;
    Files.write(commits.get(0), bytes);
    SmallBucket.Ran damaged = copied("blocks", "verify");
    assertThat(damaged.status()).isEqualTo(1);
    assertThat(damaged.out()).contains("damaged", "catalog/commits/00000000000000000001");
    SmallBucket.Ran log = copied("catalog", "log");
    assertThat(log.status()).isEqualTo(1);
    assertThat(log.out()).contains("damaged", "flush");

    bytes[20] ^= 4;
    Files.write(commits.get(0), bytes);
    Files.delete(commits.get(1));
    SmallBucket.Ran gap = copied("blocks", "verify");
    assertThat(gap.status()).isEqualTo(1);
    assertThat(gap.out()).contains("gap", "catalog/commits/00000000000000000002");
  }

  @Test
  void verifyOfSomeBlocksLooksAtThoseAlone() throws IOException {
    copied("blocks", "ls");
    String id = blocks().get(3).getFileName().toString().substring(0, 26);
    SmallBucket.Ran ran = copied("blocks", "verify", id);
    assertThat(ran.status()).isZero();
    assertThat(ran.out()).contains(", 1 blocks, ");
  }

  @Test
  void showsCommits() {
    SmallBucket.Ran log = SmallBucket.on(filled, "catalog", "log", "--limit", "2");
    assertThat(log.lines()).hasSize(3);
    assertThat(log.out()).contains("flush");
    SmallBucket.Ran show = SmallBucket.on(filled, "catalog", "show", "3", "-o", "json");
    assertThat(show.out()).contains("\"commit\" : 3", "\"coverage\"", "\"covered_to\"");
    SmallBucket.Ran none = SmallBucket.on(filled, "catalog", "show", "4711");
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).contains("has no commit 4711; it has 1 to ");
  }

  @Test
  void worksBesideARunningServerAndSaysSo() throws IOException {
    copied("blocks", "ls");
    try (TrilithServer server = SmallBucket.serve(directory)) {
      assertThat(server.httpPort()).isPositive();
      SmallBucket.Ran ran = copied("blocks", "verify");
      assertThat(ran.status()).isZero();
      assertThat(ran.out()).contains("a running server owns the directory");
    }
  }
}
