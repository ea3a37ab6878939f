package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verbs that remove data on a bucket that no server owns. */
class OfflineRemovalTest {
  private static final String TIME = String.valueOf(SmallBucket.START_MILLIS / 1000 + 600);

  @TempDir static Path filled;
  @TempDir Path parent;

  @BeforeAll
  static void fill() {
    SmallBucket.fill(filled);
  }

  private Path copy() throws IOException {
    Path directory = parent.resolve("data");
    SmallBucket.copy(filled, directory);
    return directory;
  }

  private static String temperatures(Path directory) {
    try (TrilithServer server = SmallBucket.serve(directory);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
      return api.getText("/api/v1/query", "query", "count(temperature)", "time", TIME);
    }
  }

  private static SmallBucket.Ran on(Path directory, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--tenant", "a"));
    return SmallBucket.on(directory, all.toArray(String[]::new));
  }

  @Test
  void deletesListsShowsAndCancels() throws IOException {
    Path directory = copy();
    assertThat(temperatures(directory)).contains("\"10\"");
    SmallBucket.Ran dry =
        on(directory, "delete", "create", "--metrics", "{instance=\"host-1\"}", "--dry-run");
    assertThat(dry.err()).contains("this process works on the bucket");
    assertThat(dry.out()).contains("{instance=\"host-1\"}");
    assertThat(on(directory, "delete", "ls").lines()).hasSize(1);
    SmallBucket.Ran made =
        on(directory, "delete", "create", "--metrics", "{instance=\"host-1\"}", "-o", "json");
    assertThat(made.status()).as(made.err()).isZero();
    String id = Api.parse(made.out()).at("data").at("id").text();
    assertThat(on(directory, "delete", "ls").out()).contains(id, "hidden");
    assertThat(on(directory, "delete", "status", id).out()).contains(id);
    assertThat(on(directory, "delete", "status", "nothing").status()).isEqualTo(1);
    assertThat(temperatures(directory)).contains("\"9\"");
    SmallBucket.Ran cancelled = on(directory, "delete", "cancel", id);
    assertThat(cancelled.out()).contains("was cancelled");
    assertThat(temperatures(directory)).contains("\"10\"");
  }

  @Test
  void retainsAndRestores() throws IOException {
    Path directory = copy();
    String[] policy = {"--set", "retention.max-bytes=1"};
    SmallBucket.Ran plan = on(directory, with(policy, "retention", "plan"));
    assertThat(plan.out()).contains("remove", "retention.max-bytes = 1");
    SmallBucket.Ran run = on(directory, with(policy, "retention", "run", "--confirm"));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("removed");
    assertThat(temperatures(directory)).doesNotContain("\"10\"");
    SmallBucket.Ran shown = on(directory, "restore", "-o", "json");
    List<String> blocks =
        Api.parse(shown.out()).at("data").list().stream()
            .map(one -> one.at("block").text())
            .toList();
    assertThat(blocks).isNotEmpty();
    List<String> restore = new ArrayList<>(List.of("restore"));
    restore.addAll(blocks);
    assertThat(on(directory, restore.toArray(String[]::new)).status()).isZero();
    assertThat(temperatures(directory)).contains("\"10\"");
  }

  private static String[] with(String[] policy, String... verb) {
    List<String> all = new ArrayList<>(List.of(verb));
    all.addAll(List.of(policy));
    return all.toArray(String[]::new);
  }

  @Test
  void aServerThatOwnsTheDirectoryDoesTheWorkAndIsNamed() throws IOException {
    Path directory = copy();
    try (TrilithServer server = SmallBucket.serve(directory)) {
      String url = "http://127.0.0.1:" + server.httpPort();
      SmallBucket.Ran asked = on(directory, "delete", "ls", "--server", url);
      assertThat(asked.status()).as(asked.err()).isZero();
      assertThat(asked.err()).contains("the server at " + url + " does the work");
      SmallBucket.Ran refused = on(directory, "retention", "run", "--no-server");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("a running server owns '", "leave out --no-server");
    }
  }

  @Test
  void aBucketOfKindS3NeedsToBeSaidToHaveNoServer() {
    SmallBucket.Ran ran =
        SmallBucket.run(
            "delete", "ls", "--set", "storage.kind=s3", "--set", "storage.s3.bucket=some");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("a server may run on bucket 'some'", "--no-server");
  }
}
