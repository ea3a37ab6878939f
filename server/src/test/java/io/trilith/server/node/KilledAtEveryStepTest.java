package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.compactor.Deletions;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that merges, rewrites for a deletion and retains, killed before and after each change
 * that it makes; then run again. Without a server and its disk.
 */
class KilledAtEveryStepTest {
  private static final String[] SETS = {"deletion.delay=0", "retention.default=14d"};

  @TempDir Path directory;
  private final MemoryObjectStore filled = new MemoryObjectStore();
  private Instant end = Instant.EPOCH;

  private static ObjectStore copy(ObjectStore from) {
    MemoryObjectStore to = new MemoryObjectStore();
    for (ObjectStore.Entry entry : from.list("")) {
      try (ObjectOutput out = to.create(entry.name())) {
        out.write(from.read(entry.name()));
        out.commit();
      }
    }
    return to;
  }

  /** Five blocks of each signal, of which one user's rows are deleted. */
  private Seen fill() {
    Opened a = new Opened(directory.resolve("a"), Instant.parse("2026-11-21T12:00:00Z"));
    try (Node node =
        Node.over(
            filled, true, Opened.config(directory.resolve("a"), SETS), () -> a.now, () -> 0)) {
      a.node = node;
      for (int round = 0; round < 5; round++) {
        for (int user = 0; user < 2; user++) {
          String name = "u" + user;
          a.sample(Opened.labels("user", name), a.millis(9 - round), round);
          a.line(Opened.labels("user", name), a.nanos(9 - round), "n=" + round);
          a.span(user * 16 + round, round * 2 + user + 1, name, a.nanos(9 - round));
        }
        node.log().flusher().flushAll();
      }
      node.removal()
          .deletions()
          .create(
              Opened.TENANT,
              List.of(
                  ask(Signal.METRICS, "{user=\"u1\"}"),
                  ask(Signal.LOGS, "{user=\"u1\"}"),
                  ask(Signal.TRACES, "{.user=\"u1\"}")));
      end = a.now;
      return Seen.of(a);
    }
  }

  private int owners;

  private static Deletions.Ask ask(Signal signal, String selector) {
    return new Deletions.Ask(signal, List.of(selector), Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** What a reader sees of all signals. */
  private record Seen(TreeSet<String> samples, List<String> lines, TreeSet<String> spans) {
    static Seen of(Opened opened) {
      return new Seen(opened.samples(), opened.lines(), opened.spans());
    }
  }

  private static void work(Node node) {
    node.removal().deletions().run();
    node.compact();
    node.removal().retention().run();
    node.removal().expiry().deleteReplaced();
  }

  private void with(ObjectStore objects, Duration later, Consumer<Opened> use) {
    Opened opened = new Opened(directory, end.plus(later));
    try (Node node =
        Node.over(
            objects,
            false,
            Opened.config(directory.resolve("other"), SETS),
            () -> opened.now,
            () -> opened.nanos)) {
      opened.node = node;
      use.accept(opened);
    }
  }

  @Test
  void runAgainItCompletesWhateverWasDone() {
    Seen before = fill();
    assertThat(before.lines()).hasSize(5);
    int changes = 0;
    for (boolean died = true; died; changes++) {
      for (boolean after : new boolean[] {false, true}) {
        ObjectStore bucket = copy(filled);
        died = dies(bucket, changes, after);
        String what = "killed at change " + changes + (after ? ", made" : "");
        with(
            bucket,
            Duration.ZERO,
            opened -> {
              assertThat(Seen.of(opened)).as(what).isEqualTo(before);
              work(opened.node);
              assertThat(Seen.of(opened)).as(what).isEqualTo(before);
              assertThat(opened.node.catalog().state().blocks()).as(what).hasSize(3);
            });
        with(bucket, Duration.ofMinutes(50), opened -> collected(opened, bucket, before, what));
      }
    }
    assertThat(changes).as("changes until all is done").isGreaterThan(15);
  }

  private void collected(Opened opened, ObjectStore bucket, Seen before, String what) {
    for (int i = 0; i < 3; i++) {
      work(opened.node);
      opened.node.removal().expiry().sweepOrphans(Duration.ofMinutes(10));
      opened.pass(Duration.ofMinutes(50));
    }
    work(opened.node);
    opened.node.removal().expiry().sweepOrphans(Duration.ofMinutes(10));
    opened.node.removal().deletions().run();
    assertThat(Seen.of(opened)).as(what).isEqualTo(before);
    // All is rewritten; only who has the log that writes to the bucket can say that nothing is
    // left.
    Deletion made = opened.node.removal().deletions().list(Opened.TENANT).getFirst();
    assertThat(made.isCompleted()).as(what).isFalse();
    assertThat(opened.node.removal().deletions().waitsFor(made))
        .as(what)
        .singleElement()
        .asString()
        .contains("the server that owns the bucket");
    TreeSet<String> named = new TreeSet<>();
    opened.node.catalog().state().blocks().values().forEach(b -> named.add(b.objectName()));
    TreeSet<String> there = new TreeSet<>();
    bucket.list("blocks/").forEach(entry -> there.add(entry.name()));
    assertThat(there).as(what).isEqualTo(named);
    try (Node owner =
        Node.over(
            bucket,
            true,
            Opened.config(directory.resolve("owner-" + owners++), SETS),
            () -> opened.now,
            () -> opened.nanos)) {
      owner.removal().retention().confirm();
      owner.removal().deletions().run();
      assertThat(owner.removal().deletions().list(Opened.TENANT).getFirst().isCompleted())
          .as(what)
          .isTrue();
    }
  }

  private boolean dies(ObjectStore bucket, int change, boolean after) {
    DyingObjectStore dying = new DyingObjectStore(bucket, () -> after);
    try {
      with(
          dying,
          Duration.ZERO,
          opened -> {
            dying.killAt(change);
            work(opened.node);
          });
    } catch (DyingObjectStore.Killed e) {
      assertThat(dying.isDead()).isTrue();
    }
    return dying.isDead();
  }
}
