package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopTest {
  @TempDir Path directory;

  @Test
  void whatCannotBeCommittedIsSaidAndTheDirectoryKeepsIt() throws Exception {
    try (Opened opened = new Opened(directory)) {
      opened.line(Opened.labels("app", "shop"), opened.nanos(1), "x");
      Path blocks = directory.resolve("objects/blocks");
      // A file where a directory has to be made: no block can be written.
      Files.deleteIfExists(blocks);
      Files.writeString(blocks, "");
      String left =
          opened.node.log().flushUntil(System.nanoTime() + Duration.ofSeconds(20).toNanos());
      assertThat(left)
          .contains("up to 1 records, from offset 0 on, are only in the log '")
          .contains(directory.resolve("log").toString());
      Files.delete(blocks);
      opened.restart();
      assertThat(opened.lines()).hasSize(1);
      assertThat(opened.node.log().flushUntil(System.nanoTime() + Duration.ofSeconds(20).toNanos()))
          .isEmpty();
    }
  }
}
