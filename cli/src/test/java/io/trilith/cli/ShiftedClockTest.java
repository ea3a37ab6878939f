package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes whose system's clock is wrong, by libfaketime; skipped where it is not there. */
class ShiftedClockTest {
  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
          Path.of("/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"),
          Path.of("/usr/lib64/faketime/libfaketime.so.1"),
          Path.of("/usr/lib/faketime/libfaketime.so.1"));

  @TempDir Path directory;

  private Path data() {
    return directory.resolve("data");
  }

  private void setClock(String offset) throws IOException {
    Path fresh = directory.resolve("clock.new");
    Files.writeString(fresh, offset);
    Files.move(fresh, directory.resolve("clock"), StandardCopyOption.ATOMIC_MOVE);
  }

  @BeforeEach
  void needsTheLibrary() throws IOException {
    assumeThat(library()).as("libfaketime is not installed").isPresent();
    setClock("+0");
  }

  private static Optional<Path> library() {
    return LIBRARIES.stream().filter(Files::exists).findFirst();
  }

  private ServerProcess start(String... more) throws IOException {
    Map<String, String> environment =
        Map.of(
            "LD_PRELOAD", library().orElseThrow().toString(),
            "FAKETIME_TIMESTAMP_FILE", directory.resolve("clock").toString(),
            "FAKETIME_NO_CACHE", "1",
            "FAKETIME_DONT_FAKE_MONOTONIC", "1",
            "DONT_FAKE_MONOTONIC", "1");
    return new ServerProcess(environment, data(), more);
  }

  private static void push(ServerProcess server, Instant at, String line) throws Exception {
    String body =
        "{\"streams\":[{\"stream\":{\"app\":\"shop\"},\"values\":[[\""
            + at.toEpochMilli() * 1_000_000
            + "\",\""
            + line
            + "\"]]}]}";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int status = server.post("/loki/api/v1/push", "application/json", bytes).statusCode();
    assertThat(status).isEqualTo(204);
    assertThat(server.post("/admin/flush", "text/plain", new byte[0]).statusCode()).isEqualTo(200);
  }

  private static String run(ServerProcess server) throws Exception {
    var answer = server.post("/admin/retention/run", "text/plain", new byte[0]);
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static String plan(ServerProcess server) throws Exception {
    var answer = server.get("/admin/retention/plan");
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  @Test
  void aStartWithAClockFarFromTheLastCommitRemovesNothing() throws Exception {
    try (ServerProcess server = start()) {
      push(server, Instant.now(), "kept");
      assertThat(server.terminate()).isZero();
    }
    for (String offset : List.of("+40d", "+40d", "-40d")) {
      setClock(offset);
      try (ServerProcess server = start()) {
        assertThat(run(server)).contains("the system's clock says");
        assertThat(plan(server)).contains("\"removed\":[]").contains("\"rows\":0");
        server.terminate();
      }
    }
    setClock("+0");
    try (ServerProcess server = start()) {
      assertThat(plan(server)).contains("\"liveRows\":1").contains("\"refused\":\"\"");
    }
  }

  @Test
  void aClockThatJumpsWhileItRunsRemovesNothingUntilDataOfItsTimeArrives() throws Exception {
    Instant now = Instant.now();
    try (ServerProcess server = start()) {
      push(server, now, "kept");
      setClock("+40d");
      assertThat(run(server)).contains("the system's clock says");
      assertThat(plan(server)).contains("\"liveRows\":1").contains("\"removed\":[]");
      setClock("+0");
      assertThat(run(server)).contains("\"refused\":\"\"").contains("\"liveRows\":1");
      setClock("+40d");
      push(server, now.plus(Duration.ofDays(40)), "of that time");
      assertThat(run(server)).contains("\"refused\":\"\"").contains("\"liveRows\":1");
    }
  }
}
