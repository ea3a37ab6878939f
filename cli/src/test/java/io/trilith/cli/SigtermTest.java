package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import io.trilith.config.TrilithConfig;
import io.trilith.server.node.Node;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigtermTest {
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
    TrilithConfig config =
        new ConfigReader(Map.of()).read(null, List.of("storage.data-dir=" + directory));
    try (Node node = Node.offline(config, Instant::now, System::nanoTime)) {
      assertThat(node.catalog().state().blocks()).hasSize(1);
      assertThat(node.log().flusher().oldestUncommitted()).isEqualTo(node.log().wal().next());
    }
  }
}
