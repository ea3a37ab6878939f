package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies, snapshots and restores of a real bucket. */
class CopyCommandTest {
  @TempDir static Path filled;
  @TempDir Path directory;

  @BeforeAll
  static void fill() {
    SmallBucket.fill(filled);
  }

  private static String exported(Path from, String tenant) {
    StringBuilder all = new StringBuilder();
    for (String signal : new String[] {"metrics", "logs", "traces"}) {
      all.append(SmallBucket.on(from, "export", "--signal", signal, "--tenant", tenant).out());
    }
    return all.toString();
  }

  @Test
  void aSnapshotIsCompleteAndComesBackAsItWas() throws IOException {
    String backup = directory.resolve("backup").toString();
    assertThat(SmallBucket.on(filled, "snapshot", "--to", backup, "--dry-run").out())
        .contains("would copy commit ", "18 blocks");
    assertThat(directory.resolve("backup")).doesNotExist();
    SmallBucket.Ran made = SmallBucket.on(filled, "snapshot", "--to", "file://" + backup);
    assertThat(made.status()).isZero();
    assertThat(made.out()).contains("copied commit ", "18 blocks");
    SmallBucket.Ran again = SmallBucket.on(filled, "snapshot", "--to", backup);
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.err()).contains(backup + " has a catalog already", "trilith copy");

    Path restored = directory.resolve("restored");
    assertThat(SmallBucket.on(restored, "restore-snapshot", "--from", backup).status()).isZero();
    assertThat(SmallBucket.on(restored, "blocks", "verify", "--deep").status()).isZero();
    assertThat(exported(restored, "a")).isEqualTo(exported(filled, "a")).contains("order 7");
    assertThat(SmallBucket.on(restored, "restore-snapshot", "--from", backup).err())
        .contains("has a catalog already");
    try (TrilithServer server = SmallBucket.serve(restored);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
      SmallBucket.send(api, 7);
      SmallBucket.flush(server);
      SmallBucket.Ran busy = SmallBucket.on(restored, "restore-snapshot", "--from", backup);
      assertThat(busy.status()).isEqualTo(1);
      assertThat(busy.err()).contains("a running server owns '" + restored + "': stop it");
    }
    assertThat(exported(restored, "a")).hasSizeGreaterThan(exported(filled, "a").length());
    assertThat(SmallBucket.on(restored, "blocks", "verify", "--deep").status()).isZero();
  }

  @Test
  void aSnapshotOfARunningServerHasWhatWasSentBefore() throws IOException {
    SmallBucket.copy(filled, directory.resolve("live"));
    Path live = directory.resolve("live");
    Path backup = directory.resolve("backup");
    try (TrilithServer server = SmallBucket.serve(live);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "b")) {
      SmallBucket.send(api, 5);
      String url = "http://127.0.0.1:" + server.httpPort();
      SmallBucket.Ran made =
          SmallBucket.on(live, "snapshot", "--to", backup.toString(), "--server", url);
      assertThat(made.status()).isZero();
      assertThat(made.out()).contains("21 blocks");
    }
    Path restored = directory.resolve("restored");
    assertThat(SmallBucket.on(restored, "restore-snapshot", "--from", backup.toString()).status())
        .isZero();
    assertThat(exported(restored, "b")).isEqualTo(exported(live, "b"));
  }

  @Test
  void aSnapshotLeavesOutWhatWasRemovedAndVerifiesClean() throws IOException {
    Path from = directory.resolve("from");
    SmallBucket.copy(filled, from);
    assertThat(SmallBucket.on(from, "compact", "run").status()).isZero();
    assertThat(
            SmallBucket.on(
                    from,
                    "retention",
                    "run",
                    "--confirm",
                    "--set",
                    "retention.policies[0].signal=logs",
                    "--set",
                    "retention.policies[0].keep=0",
                    "--set",
                    "retention.policies[0].max-bytes=1")
                .status())
        .isZero();
    assertThat(SmallBucket.on(from, "restore", "--tenant", "a").out()).contains("logs");
    String backup = directory.resolve("backup").toString();
    assertThat(SmallBucket.on(from, "snapshot", "--to", backup).status()).isZero();
    Path restored = directory.resolve("restored");
    assertThat(SmallBucket.on(restored, "restore-snapshot", "--from", backup).status()).isZero();
    SmallBucket.Ran verified = SmallBucket.on(restored, "blocks", "verify", "--deep");
    assertThat(verified.status()).as(verified.out()).isZero();
    assertThat(SmallBucket.on(restored, "restore", "--tenant", "a").out()).doesNotContain("logs");
    assertThat(SmallBucket.on(from, "blocks", "verify", "--deep").status()).isZero();
    assertThat(exported(restored, "a")).isEqualTo(exported(from, "a"));
  }

  @Test
  void copyAddsRenamesSkipsAndMirrors() throws IOException {
    Path from = directory.resolve("from");
    SmallBucket.copy(filled, from);
    Path there = directory.resolve("there");
    String to = there.resolve("objects").toString();
    assertThat(SmallBucket.on(from, "copy", "--to", to, "--tenant", "a=c", "--dry-run").out())
        .contains(" c ");
    SmallBucket.Ran first = SmallBucket.on(from, "copy", "--to", to, "--tenant", "a=c");
    assertThat(first.out()).contains("copied 9 blocks, ", "; 0 were there");
    assertThat(exported(there, "c")).isEqualTo(exported(filled, "a"));
    assertThat(exported(there, "a")).isEqualTo("# EOF\n");
    SmallBucket.Ran second = SmallBucket.on(from, "copy", "--to", to, "--tenant", "a=c");
    assertThat(second.out()).contains("copied 0 blocks, ", "; 9 were there");
    assertThat(SmallBucket.on(there, "catalog", "log").lines()).hasSize(2);

    SmallBucket.Ran twice = SmallBucket.on(from, "copy", "--to", to, "--tenant", "a");
    assertThat(twice.status()).isEqualTo(1);
    assertThat(twice.err()).contains("as one of tenant 'c' already");

    assertThat(SmallBucket.on(from, "compact", "run").status()).isZero();
    SmallBucket.Ran merged =
        SmallBucket.on(from, "copy", "--to", to, "--tenant", "a=c", "--mirror", "-o", "json");
    assertThat(merged.out()).contains("\"removed\" : 9");
    assertThat(exported(there, "c")).isEqualTo(exported(filled, "a"));
    SmallBucket.Ran unknown = SmallBucket.on(from, "copy", "--to", "ftp://x/y");
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.err()).contains("'ftp://x/y': ftp is not known");
    assertThat(Files.exists(there.resolve("objects/blocks/metrics/c"))).isTrue();
  }
}
