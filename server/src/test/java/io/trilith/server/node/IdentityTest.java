package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ConfigException;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.MemoryObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copied disks, wrong buckets, and directories that go away. */
class IdentityTest {
  @TempDir Path directory;

  /** Shared by all servers of a test, as a bucket is. */
  private final MemoryObjectStore bucket = new MemoryObjectStore();

  private Opened open(String name) {
    Opened opened = new Opened(directory.resolve(name), java.time.Instant.EPOCH);
    opened.now = java.time.Instant.parse("2026-11-21T12:00:00Z");
    TrilithConfig config = Opened.config(directory.resolve(name));
    opened.node = Node.over(bucket, true, config, () -> opened.now, () -> opened.nanos);
    return opened;
  }

  private static void write(Opened one, String text) {
    one.line(Opened.labels("app", "a"), one.nanos(5), text);
  }

  private static TreeSet<String> lines(Opened one) {
    TreeSet<String> texts = new TreeSet<>();
    one.lines().forEach(line -> texts.add(line.substring(line.lastIndexOf(' ') + 1)));
    return texts;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path one : walk.toList()) {
        Files.copy(one, to.resolve(from.relativize(one).toString()));
      }
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> walk = Files.walk(tree)) {
      for (Path one : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  @Test
  void ofTwoCopiesOfADiskTheLaterOneWritesAndNothingAcknowledgedIsLost() throws IOException {
    try (Opened a = open("a")) {
      write(a, "before");
    }
    copy(directory.resolve("a"), directory.resolve("b"));
    try (Opened a = open("a")) {
      write(a, "a-1");
      try (Opened b = open("b")) {
        write(b, "b-1");
        write(a, "a-2");
        b.node.log().flusher().flushAll();
        assertThatThrownBy(() -> a.node.log().flusher().flushAll())
            .isInstanceOf(StorageException.TakenOver.class);
        assertThatThrownBy(() -> write(a, "too-late"))
            .isInstanceOf(StorageException.TakenOver.class);
        write(b, "b-2");
      }
    }
    try (Opened a = open("a")) {
      assertThat(lines(a)).containsExactly("a-1", "a-2", "b-1", "before");
      write(a, "a-3");
    }
    try (Opened b = open("b")) {
      assertThat(lines(b)).containsExactly("a-1", "a-2", "b-1", "b-2", "before");
    }
    try (Opened a = open("a")) {
      assertThat(lines(a)).containsExactly("a-1", "a-2", "a-3", "b-1", "b-2", "before");
    }
  }

  @Test
  void aCopyThatIsTakenWhileTheServerRunsIsNoticedToo() throws IOException {
    try (Opened a = open("a")) {
      write(a, "a-1");
      copy(directory.resolve("a"), directory.resolve("b"));
      write(a, "a-2");
      a.node.log().flusher().flushAll();
      write(a, "a-3");
      try (Opened b = open("b")) {
        write(b, "b-1");
        b.node.log().flusher().flushAll();
        a.node.catalog().refresh();
        assertThat(a.node.access().refusal()).contains("another server has taken the bucket over");
      }
    }
    try (Opened a = open("a")) {
      assertThat(lines(a)).containsExactly("a-1", "a-2", "a-3", "b-1");
    }
  }

  @Test
  void aLogRefusesABucketThatIsEmptyOrAnother() throws IOException {
    try (Opened a = open("a")) {
      write(a, "before");
      a.node.log().flusher().flushAll();
      a.node.access().look();
    }
    bucket.list("").forEach(one -> bucket.delete(one.name()));
    assertThatThrownBy(() -> open("a"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is empty")
        .hasMessageContaining(directory.resolve("a/log/bucket").toString());
    try (Opened other = open("other")) {
      write(other, "of another");
      other.node.log().flusher().flushAll();
    }
    assertThatThrownBy(() -> open("a"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("storage names bucket ");
    Files.delete(directory.resolve("a/log/bucket"));
    assertThatThrownBy(() -> open("a"))
        .as("its rows were never in that bucket")
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("has records");
  }

  @Test
  void aBucketThatIsEmptiedUnderARunningServerGetsNoCommit() {
    try (Opened a = open("a")) {
      write(a, "before");
      a.node.log().flusher().flushAll();
      bucket.list("").forEach(one -> bucket.delete(one.name()));
      write(a, "after");
      assertThatThrownBy(() -> a.node.log().flusher().flushAll())
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("emptied or replaced");
      assertThat(bucket.list("catalog/")).isEmpty();
    }
  }

  @Test
  void writesEndWhenTheDataDirectoryGoesOrIsReplaced() throws IOException {
    for (String gone : new String[] {"", "log", "lock"}) {
      Path data = directory.resolve("of-" + gone);
      try (Opened a = new Opened(data)) {
        a.node.access().look();
        write(a, "before");
        assertThat(a.node.access().refusal()).isNull();
        delete(data.resolve(gone));
        if (gone.equals("log")) {
          Files.createDirectory(data.resolve("log"));
        }
        a.node.access().look();
        assertThat(a.node.access().refusal())
            .contains("storage.data-dir")
            .contains(gone.equals("log") ? "was replaced by another" : "is gone");
        assertThatThrownBy(() -> write(a, "after")).isInstanceOf(StorageException.class);
      }
    }
  }
}
