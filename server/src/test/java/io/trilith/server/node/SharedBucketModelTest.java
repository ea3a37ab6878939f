package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.compactor.Deletions;
import io.trilith.config.S3Config;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.object.s3.S3ObjectStore;
import io.trilith.testing.Seeds;
import io.trilith.testing.s3.FaultProxy;
import io.trilith.testing.s3.S3Server;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server and two compactors on one bucket: random writes, flushes, merges, deletions, retention,
 * collections with short delays, new disks, each process killed between any two changes it makes.
 * No deleted row comes back, no other is lost, and at the end the bucket holds what the catalog
 * names and nothing else.
 */
class SharedBucketModelTest {
  private static final String[] SETS = {
    "deletion.delay=5m",
    "retention.default=14d",
    "retention.delete-delay=3m",
    "storage.catalog-age=4m",
    "retention.policies[0].signal=metrics",
    "retention.policies[0].selector={user=\"u3\"}",
    "retention.policies[0].keep=1h",
    "retention.policies[1].signal=logs",
    "retention.policies[1].selector={user=\"u3\"}",
    "retention.policies[1].keep=1h",
    "retention.policies[2].signal=traces",
    "retention.policies[2].selector={resource.team=\"u3\"}",
    "retention.policies[2].keep=1h",
  };
  private static final Duration ORPHAN_AGE = Duration.ofMinutes(4);
  private static final int USERS = 4;

  @TempDir Path directory;
  private final SplittableRandom random = Seeds.random("SharedBucketModelTest");

  @Test
  void nothingIsLostOrBackWhoeverIsKilledWhen() {
    int killed = 0;
    for (int i = 0; i < Seeds.iterations(12); i++) {
      Run run = new Run(directory.resolve("run-" + i), new MemoryObjectStore(), 0.3);
      run.all(i % 4 == 0 ? 500 : 100);
      killed += run.killed;
    }
    assertThat(killed).isPositive();
  }

  @Test
  void nothingIsLostOrBackOnABucketThatFails() throws IOException {
    try (S3Server server = S3Server.start(directory.resolve("s3"));
        FaultProxy proxy = new FaultProxy(server.port(), random.nextLong())) {
      List<String> sets = new ArrayList<>(List.of(SETS));
      for (String setting : S3Server.settings(proxy.endpoint())) {
        if (!setting.equals("--set")) {
          sets.add(setting);
        }
      }
      sets.add("storage.s3.breaker-pause=20ms");
      S3Config config =
          Opened.config(directory.resolve("none"), sets.toArray(String[]::new)).storage().s3();
      try (S3ObjectStore bucket = new S3ObjectStore(config)) {
        proxy.rate(0.04);
        Run run = new Run(directory.resolve("on-s3"), bucket, 0.1);
        run.settle = () -> proxy.rate(0);
        run.all(40);
      }
    }
  }

  /** Something that was written. */
  private static final class Row {
    final int user;
    final long millis;
    final String shown;
    boolean committed;
    boolean hidden;

    Row(int user, long millis, String shown) {
      this.user = user;
      this.millis = millis;
      this.shown = shown;
    }

    boolean isVisible(long now) {
      return !hidden && !(user == 3 && millis < now - 3_600_000);
    }
  }

  /** One bucket and what was done to it. */
  private final class Run {
    private final Path home;
    private final ObjectStore bucket;
    private final double kills;
    private final Opened server;
    private final List<Row> samples = new ArrayList<>();
    private final List<Row> lines = new ArrayList<>();
    private final List<Row> spans = new ArrayList<>();
    private final Set<Row> hiddenSince = new HashSet<>();
    private final List<Member> processes = new ArrayList<>();
    private Runnable settle = () -> {};
    private int disks;
    private int killed;
    private int written;
    private String last = "";

    Run(Path home, ObjectStore bucket, double kills) {
      this.home = home;
      this.bucket = bucket;
      this.kills = kills;
      this.server = new Opened(home, Instant.parse("2026-11-21T12:00:00Z"));
      processes.add(new Member("server", true));
      processes.add(new Member("b", false));
      processes.add(new Member("c", false));
    }

    /** One process, or the next one in its place. */
    private final class Member {
      final String name;
      final boolean withLog;
      @Nullable DyingObjectStore objects;
      @Nullable Node node;

      Member(String name, boolean withLog) {
        this.name = name;
        this.withLog = withLog;
      }

      Node open() {
        Node known = node;
        if (known != null) {
          return known;
        }
        while (random.nextDouble() < kills) {
          DyingObjectStore dying = new DyingObjectStore(bucket, random::nextBoolean);
          dying.killAt(random.nextInt(3));
          try {
            open(dying);
            dying.killAt(-1);
            return Objects.requireNonNull(node);
          } catch (DyingObjectStore.Killed e) {
            killed++;
          }
        }
        return open(new DyingObjectStore(bucket, random::nextBoolean));
      }

      private Node open(DyingObjectStore own) {
        objects = own;
        Path disk = home.resolve(withLog ? name + disks : name);
        TrilithConfig config = Opened.config(disk, SETS);
        Node made =
            eventually(() -> Node.over(own, withLog, config, () -> server.now, () -> server.nanos));
        node = made;
        if (withLog) {
          server.node = made;
        }
        return made;
      }

      void end() {
        if (node != null) {
          node.close();
          node = null;
        }
      }
    }

    private long now() {
      return server.now.toEpochMilli();
    }

    /** A request that failed on the way is made again, as any client does. */
    private static <T> T eventually(Supplier<T> work) {
      for (int i = 0; ; i++) {
        try {
          return work.get();
        } catch (StorageException.Unavailable e) {
          if (i == 50) {
            throw e;
          }
        }
      }
    }

    void all(int steps) {
      try {
        processes.forEach(Member::open);
        for (int step = 0; step < steps; step++) {
          step();
          check("after step " + step + ": " + last);
        }
        settle.run();
        end();
      } finally {
        processes.forEach(Member::end);
      }
    }

    private void step() {
      int choice = random.nextInt(100);
      if (choice < 35) {
        write();
      } else if (choice < 45) {
        on(processes.getFirst(), "flush", node -> node.log().flusher().flushAll());
        processes.getFirst().open().log().flusher().flushAll();
        committed();
      } else if (choice < 60) {
        on(any(), "merge", Run::merge);
      } else if (choice < 67) {
        delete(any(), random.nextInt(USERS));
      } else if (choice < 74) {
        rewrite(any());
      } else if (choice < 81) {
        on(any(), "retention", node -> node.removal().retention().run());
      } else if (choice < 85) {
        on(any(), "sweep", node -> node.removal().expiry().sweepOrphans(ORPHAN_AGE));
      } else if (choice < 89) {
        on(any(), "collect", node -> node.collection().run());
      } else if (choice < 91) {
        newDisk();
      } else if (choice < 93) {
        twoServers();
      } else {
        last = "time";
        server.pass(Duration.ofMinutes(random.nextInt(1, 12)));
      }
    }

    /** The one with the log flushes what a deletion waits for, or more: here all, to know it. */
    private void rewrite(Member process) {
      if (process.withLog) {
        eventually(
            () -> {
              process.open().log().flusher().flushAll();
              return true;
            });
        committed();
      }
      on(process, "rewrite", node -> node.removal().deletions().run());
    }

    private Member any() {
      return processes.get(random.nextInt(processes.size()));
    }

    /** Does it in a process that may be killed meanwhile; the next one takes its place. */
    private boolean on(Member process, String what, Consumer<Node> work) {
      last = process.name + " " + what;
      Node node = process.open();
      DyingObjectStore objects = Objects.requireNonNull(process.objects);
      if (random.nextDouble() < kills) {
        objects.killAt(random.nextInt(6));
      }
      try {
        eventually(
            () -> {
              work.accept(node);
              return true;
            });
        objects.killAt(-1);
        return true;
      } catch (DyingObjectStore.Killed e) {
        last += ", killed";
        killed++;
        process.end();
        process.open();
        return false;
      } catch (StorageException.Missing e) {
        // Somebody else was faster; this one has to look again.
        node.catalog().refresh();
        return false;
      }
    }

    private static void merge(Node node) {
      node.compact();
    }

    private void committed() {
      samples.forEach(row -> row.committed = true);
      lines.forEach(row -> row.committed = true);
      spans.forEach(row -> row.committed = true);
    }

    /** The machine is gone; what was flushed is on the next one. */
    private void newDisk() {
      last = "new disk";
      Member process = processes.getFirst();
      eventually(
          () -> {
            process.open().log().flusher().flushAll();
            return true;
          });
      committed();
      process.end();
      disks++;
      process.open();
    }

    /**
     * Another server takes the bucket over from one that lives, and each has rows that only its log
     * has; then one after the other starts again, and brings them.
     */
    private void twoServers() {
      last = "two servers";
      Member process = processes.getFirst();
      Node earlier = process.open();
      write();
      int disk = disks;
      disks = disk + 100;
      process.node = null;
      process.open();
      write();
      if (random.nextBoolean()) {
        eventually(
            () -> {
              server.node.log().flusher().flushAll();
              return true;
            });
      }
      write();
      eventually(() -> earlier.catalog().refresh());
      assertThat(earlier.access().refusal()).isNotNull();
      earlier.close();
      process.end();
      disks = disk;
      process.open();
      process.end();
      disks = disk + 100;
      process.open();
      // What a server brings goes into blocks at once.
      committed();
      last = "two servers";
    }

    private static Labels labels(int user) {
      return Opened.labels("app", "shop", "user", "u" + user);
    }

    private void write() {
      last = "write";
      processes.getFirst().open();
      for (int i = random.nextInt(1, 8); i > 0; i--) {
        int user = random.nextInt(USERS);
        long millis = now() - random.nextInt(100 * 60_000);
        boolean taken = user != 3 || millis >= now() - 3_600_000;
        int number = ++written;
        List<Row> rows;
        String shown;
        switch (random.nextInt(3)) {
          case 0 -> {
            // A later sample of the same time would take its place.
            long own = millis - millis % 1000 + number % 1000;
            millis = taken ? Math.max(own, user == 3 ? now() - 3_599_000 : own) : millis;
            String start = labels(user) + " " + millis + " ";
            if (samples.stream().anyMatch(row -> row.shown.startsWith(start))) {
              continue;
            }
            server.sample(labels(user), millis, number);
            rows = samples;
            shown = start + (double) number;
          }
          case 1 -> {
            server.line(labels(user), millis * 1_000_000, "n=" + number);
            rows = lines;
            shown = labels(user) + " " + millis * 1_000_000 + " n=" + number;
          }
          default -> {
            int trace = user * 16 + random.nextInt(16);
            server.span(trace, number, "u" + user, millis * 1_000_000);
            rows = spans;
            shown = trace + " " + number;
          }
        }
        if (taken) {
          rows.add(new Row(user, millis, shown));
        }
      }
    }

    /** A server takes what is in memory too, others what is in the bucket. */
    private void delete(Member process, int user) {
      long min = Long.MIN_VALUE;
      long max = Long.MAX_VALUE;
      String selector = "{user=\"u" + user + "\"}";
      List<Deletions.Ask> asks =
          List.of(
              new Deletions.Ask(Signal.METRICS, List.of(selector), min, max),
              new Deletions.Ask(Signal.LOGS, List.of(selector), min, max),
              new Deletions.Ask(Signal.TRACES, List.of("{.user=\"u" + user + "\"}"), min, max));
      int before = known();
      if (process.withLog) {
        process.open().log().flusher().flushAll();
        committed();
      }
      on(
          process,
          "delete " + user,
          node -> {
            node.catalog().refresh();
            node.removal().deletions().create(Opened.TENANT, asks);
          });
      if (known() > before) {
        Predicate<Row> meant = row -> row.user == user && row.committed && !row.hidden;
        for (List<Row> rows : List.of(samples, lines, spans)) {
          rows.stream()
              .filter(meant)
              .forEach(
                  row -> {
                    row.hidden = true;
                    hiddenSince.add(row);
                  });
        }
      }
    }

    private int known() {
      Node node = processes.getFirst().open();
      eventually(() -> node.catalog().refresh());
      hiddenSince.clear();
      return node.removal().deletions().list(Opened.TENANT).size();
    }

    private TreeSet<String> visible(List<Row> rows) {
      return rows.stream()
          .filter(row -> row.isVisible(now()))
          .map(row -> row.shown)
          .collect(Collectors.toCollection(TreeSet::new));
    }

    private void check(String what) {
      Node node = processes.getFirst().open();
      if (random.nextBoolean()) {
        eventually(() -> node.catalog().refresh());
        hiddenSince.clear();
      }
      try {
        eventually(
            () -> {
              seen(what);
              return true;
            });
      } catch (StorageException.Missing e) {
        // As a query does.
        eventually(() -> node.catalog().refresh());
        hiddenSince.clear();
        eventually(
            () -> {
              seen(what + ", again");
              return true;
            });
      }
    }

    private void seen(String what) {
      same(what, server.samples(), samples);
      List<String> all = server.lines();
      assertThat(all).as(what).doesNotHaveDuplicates();
      same(what, new TreeSet<>(all), lines);
      same(what, server.spans(), spans);
    }

    /** What others hid since the server last looked may still be seen. */
    private void same(String what, TreeSet<String> seen, List<Row> rows) {
      TreeSet<String> visible = visible(rows);
      if (!seen.equals(visible)) {
        assertThat(seen).as(what).containsAll(visible);
        seen.removeAll(visible);
        assertThat(rows.stream().filter(hiddenSince::contains).map(row -> row.shown).toList())
            .as(what)
            .containsAll(seen);
      }
    }

    /** Lets all delays pass: then nothing is left of what nobody wants. */
    private void end() {
      for (Member process : processes) {
        process.end();
        process.open();
      }
      Node node = server.node;
      node.log().flusher().flushAll();
      for (int i = 0; i < 8; i++) {
        server.pass(Duration.ofMinutes(20));
        node.removal().retention().run();
        node.removal().deletions().run();
        node.removal().expiry().sweepOrphans(ORPHAN_AGE);
        node.collection().run();
        check("at the end, " + i);
      }
      CatalogState state = node.catalog().refresh();
      assertThat(state.removals().active()).isEmpty();
      assertThat(state.removals().doomed()).isEmpty();
      TreeSet<String> named = new TreeSet<>();
      state.blocks().values().forEach(block -> named.add(block.objectName()));
      TreeSet<String> there = new TreeSet<>();
      bucket.list("blocks/").forEach(entry -> there.add(entry.name()));
      assertThat(there).isEqualTo(named);
      List<CatalogObjects.Fault> faults = new ArrayList<>();
      assertThat(new CatalogObjects(bucket).verify(faults::add)).isEqualTo(state);
      assertThat(faults).isEmpty();
    }
  }
}
