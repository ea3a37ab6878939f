package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopTest {
  @TempDir Path directory;

  private static byte[] line() {
    return ("{\"streams\":[{\"stream\":{\"app\":\"shop\"},\"values\":[[\""
            + Instant.now().toEpochMilli() * 1_000_000
            + "\",\"x\"]]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void sigtermLeavesEverythingInCommittedBlocksAndNothingInTheLog() throws Exception {
    try (ServerProcess server = new ServerProcess(directory)) {
      server.post("/loki/api/v1/push", "application/json", line());
      assertThat(server.terminate()).isZero();
    }
    try (Stream<Path> segments = Files.list(directory.resolve("log"))) {
      assertThat(segments.filter(file -> file.toString().endsWith(".log"))).hasSizeLessThan(2);
    }
    try (Stream<Path> blocks = Files.walk(directory.resolve("objects/blocks/logs"))) {
      assertThat(blocks.filter(Files::isRegularFile)).hasSize(1);
    }
    try (Opened opened = new Opened(directory, Instant.now())) {
      opened.storage = new Storage(Opened.config(directory), Instant::now, System::nanoTime);
      assertThat(opened.storage.catalog().state().blocks()).hasSize(1);
      assertThat(opened.storage.flusher().oldestUncommitted())
          .isEqualTo(opened.storage.wal().next());
    }
  }

  @Test
  void whatCannotBeCommittedIsSaidAndTheDirectoryKeepsIt() throws Exception {
    try (Opened opened = new Opened(directory)) {
      opened.line(Opened.labels("app", "shop"), opened.nanos(1), "x");
      Path blocks = directory.resolve("objects/blocks");
      // A file where a directory has to be made: no block can be written.
      Files.deleteIfExists(blocks);
      Files.writeString(blocks, "");
      String left = opened.storage.flushUntil(System.nanoTime() + Duration.ofSeconds(20).toNanos());
      assertThat(left)
          .contains("up to 1 records, from offset 0 on, are only in the log '")
          .contains(directory.resolve("log").toString());
      Files.delete(blocks);
      opened.restart();
      assertThat(opened.lines()).hasSize(1);
      assertThat(opened.storage.flushUntil(System.nanoTime() + Duration.ofSeconds(20).toNanos()))
          .isEmpty();
    }
  }
}
