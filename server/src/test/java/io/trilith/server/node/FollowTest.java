package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.compactor.Deletions;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.Signal;
import io.trilith.testing.s3.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Several processes on one bucket of a real S3 server. */
class FollowTest {
  private static final int MINUTES = 12;

  @TempDir static Path server;
  @TempDir Path directory;
  private static S3Server s3 = unset();
  private String prefix = "";

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T unset() {
    return null;
  }

  @BeforeAll
  static void start() throws IOException {
    s3 = S3Server.start(server);
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    prefix = test.getTestMethod().orElseThrow().getName();
  }

  private String[] sets(String... more) {
    List<String> sets = new ArrayList<>();
    for (String setting : S3Server.settings(s3.endpoint())) {
      if (!setting.equals("--set")) {
        sets.add(setting);
      }
    }
    sets.add("storage.s3.prefix=" + prefix);
    sets.add("deletion.delay=0");
    sets.add("retention.default=14d");
    sets.addAll(List.of(more));
    return sets.toArray(String[]::new);
  }

  private static void fill(Opened a, int rounds) {
    for (int round = 0; round < rounds; round++) {
      for (int user = 0; user < 3; user++) {
        String name = "u" + user;
        int ago = MINUTES - round;
        a.sample(Opened.labels("user", name), a.millis(ago), round);
        a.line(Opened.labels("user", name), a.nanos(ago), "n=" + round);
        a.span(round * 3 + user, round * 10 + user + 1, name, a.nanos(ago));
      }
      a.node.log().flusher().flushAll();
    }
  }

  private static void merge(Node node) {
    node.compact();
  }

  /** What a reader sees of all signals. */
  private record Seen(TreeSet<String> samples, List<String> lines, TreeSet<String> spans) {
    static Seen of(Opened opened) {
      return new Seen(opened.samples(), opened.lines(), opened.spans());
    }
  }

  @Test
  void answersStayTheSameWhileAnotherProcessMergesDeletesAndRetains() throws Exception {
    try (Opened a = new Opened(directory.resolve("a"), sets())) {
      fill(a, 9);
      // In memory only: what others do must not touch it.
      a.line(Opened.labels("user", "u0"), a.nanos(1), "in memory");
      Seen all = Seen.of(a);
      Seen without =
          new Seen(
              new TreeSet<>(all.samples().stream().filter(s -> !s.contains("u1")).toList()),
              all.lines().stream().filter(s -> !s.contains("u1")).toList(),
              all.spans());
      AtomicBoolean done = new AtomicBoolean();
      try (ExecutorService threads = Executors.newFixedThreadPool(2);
          Node b = a.offline(sets())) {
        Future<Integer> queries =
            threads.submit(
                () -> {
                  int asked = 0;
                  boolean deleted = false;
                  do {
                    Seen seen = Seen.of(a);
                    deleted |= !seen.samples().equals(all.samples());
                    assertThat(seen.samples()).isEqualTo((deleted ? without : all).samples());
                    assertThat(seen.lines()).isIn(all.lines(), without.lines());
                    assertThat(seen.spans()).isEqualTo(all.spans());
                    asked++;
                  } while (!done.get());
                  return asked;
                });
        Future<?> follower =
            threads.submit(
                () -> {
                  while (!done.get()) {
                    a.node.catalog().refresh();
                  }
                });
        try {
          merge(b);
          assertThat(b.catalog().state().blocks().size()).isLessThan(9 * 3);
          b.removal()
              .deletions()
              .create(
                  Opened.TENANT,
                  List.of(
                      new Deletions.Ask(
                          Signal.METRICS, List.of("{user=\"u1\"}"), Long.MIN_VALUE, Long.MAX_VALUE),
                      new Deletions.Ask(
                          Signal.LOGS, List.of("{user=\"u1\"}"), Long.MIN_VALUE, Long.MAX_VALUE)));
          b.removal().deletions().run();
          merge(b);
          a.node.log().flusher().writeDue();
          assertThat(b.removal().deletions().list(Opened.TENANT).getFirst().isCompleted())
              .as("its objects are still there")
              .isFalse();
        } finally {
          done.set(true);
        }
        assertThat(queries.get()).isPositive();
        follower.get();
      }
      a.node.catalog().refresh();
      assertThat(Seen.of(a)).isEqualTo(without);
      collect(a);
      assertThat(Seen.of(a)).isEqualTo(without);
      assertThat(a.node.removal().deletions().list(Opened.TENANT).getFirst().isCompleted())
          .isTrue();
      assertThat(blocksThere(a)).isEqualTo(named(a));
    }
  }

  /** Lets the delays pass and has the server delete what may go. */
  private static void collect(Opened a) {
    a.pass(Duration.ofMinutes(50));
    a.node.removal().retention().remove();
    a.pass(Duration.ofMinutes(50));
    a.node.removal().retention().remove();
    a.pass(Duration.ofMinutes(50));
    a.node.removal().retention().remove();
    a.node.removal().deletions().run();
  }

  private static TreeSet<String> named(Opened a) {
    TreeSet<String> named = new TreeSet<>();
    a.node.catalog().state().blocks().values().forEach(b -> named.add(b.objectName()));
    return named;
  }

  private static TreeSet<String> blocksThere(Opened a) {
    TreeSet<String> there = new TreeSet<>();
    a.node.objects().store().list("blocks/").forEach(entry -> there.add(entry.name()));
    return there;
  }

  @Test
  void whatAnotherProcessMergedCannotBeRestored() {
    try (Opened a = new Opened(directory.resolve("a"), sets());
        Node b = a.offline(sets())) {
      fill(a, 5);
      b.catalog().refresh();
      BlockEntry input = b.catalog().state().blocks().values().iterator().next();
      merge(b);
      assertThat(b.catalog().state().blocks()).doesNotContainKey(input.id());
      assertThat(blocksThere(a)).contains(input.objectName());
      assertThatThrownBy(() -> b.removal().retention().restore(Opened.TENANT, List.of(input.id())))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("is not among those");
      assertThat(b.removal().retention().plan().doomed()).isEmpty();
    }
  }

  @Test
  void ofTwoServersTheLaterOneWritesAndTheEarlierOneSaysSo() throws IOException {
    TreeSet<String> lines = new TreeSet<>();
    try (Opened a = new Opened(directory.resolve("a"), sets())) {
      fill(a, 3);
      a.line(Opened.labels("user", "u0"), a.nanos(1), "only in the log of a");
      a.sample(Opened.labels("user", "u0"), a.millis(1), 4711);
      try (Opened b = new Opened(directory.resolve("b"), sets())) {
        assertThat(b.lines()).hasSize(9);
        // Not known to a yet: its log takes it.
        a.line(Opened.labels("user", "u0"), a.nanos(1), "after the take-over");
        assertThatThrownBy(() -> a.node.log().flusher().flushAll())
            .isInstanceOf(StorageException.TakenOver.class);
        assertThatThrownBy(() -> a.line(Opened.labels("user", "u0"), a.nanos(1), "too late"))
            .isInstanceOf(StorageException.TakenOver.class)
            .hasMessageContaining("another server has taken the bucket over: ");
        assertThat(a.node.access().refusal()).contains(":3200 (log ");
        assertThat(a.lines()).as("queries go on").hasSize(11);
        b.line(Opened.labels("user", "u1"), b.nanos(1), "of b");
        for (int i = 0; i < 20; i++) {
          b.line(Opened.labels("user", "u2"), b.nanos(1), "b " + i);
        }
        b.node.log().flusher().flushAll();
        b.line(Opened.labels("user", "u1"), b.nanos(1), "only in the log of b");
        b.sample(Opened.labels("user", "u1"), b.millis(1), 4712);
        a.node.catalog().refresh();
        assertThat(a.lines()).as("and see what b commits").hasSize(11 + 21);
        lines.addAll(a.lines());
        lines.addAll(b.lines());
        assertThat(lines).hasSize(9 + 2 + 21 + 1);
        copy(directory.resolve("a/log"), directory.resolve("log-of-a"));
      }
    }
    try (Opened a = new Opened(directory.resolve("a"), sets())) {
      assertThat(a.node.access().refusal()).isNull();
      assertThat(a.lines()).hasSize(9 + 2 + 21).doesNotHaveDuplicates();
      assertThat(a.samples()).anyMatch(sample -> sample.endsWith(" 4711.0"));
      a.line(Opened.labels("user", "u0"), a.nanos(0), "a again");
      a.node.log().flusher().flushAll();
    }
    // As if it had ended after the commit that took the bucket over and before it changed its log.
    String next = Files.readString(directory.resolve("a/log/id")).strip();
    delete(directory.resolve("a/log"));
    copy(directory.resolve("log-of-a"), directory.resolve("a/log"));
    Files.writeString(directory.resolve("a/log/next-id"), next + "\n");
    try (Opened a = new Opened(directory.resolve("a"), sets())) {
      assertThat(a.lines()).hasSize(9 + 2 + 21 + 1).doesNotHaveDuplicates();
      long[] records = new long[1];
      Log.RecordReader count = (_, _, _, _) -> records[0]++;
      a.node.log().wal().read(0, count);
      assertThat(records[0]).isZero();
    }
    try (Opened b = new Opened(directory.resolve("b"), sets())) {
      lines.add(Opened.labels("user", "u0") + " " + b.nanos(0) + " a again");
      assertThat(new TreeSet<>(b.lines())).isEqualTo(lines);
      assertThat(b.lines()).doesNotHaveDuplicates();
      assertThat(b.samples())
          .anyMatch(sample -> sample.endsWith(" 4712.0"))
          .anyMatch(sample -> sample.endsWith(" 4711.0"));
    }
  }

  @Test
  void aFreshDiskTakesABucketOverWithoutBeingTold() {
    try (Opened a = new Opened(directory.resolve("a"), sets())) {
      fill(a, 3);
    }
    try (Opened b = new Opened(directory.resolve("b"), sets())) {
      assertThat(b.lines()).hasSize(9);
      b.line(Opened.labels("user", "u0"), b.nanos(0), "more");
    }
    try (Opened b = new Opened(directory.resolve("b"), sets())) {
      assertThat(b.lines()).hasSize(10);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
