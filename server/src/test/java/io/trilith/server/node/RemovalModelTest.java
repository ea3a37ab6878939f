package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.compactor.Deletions;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random writes, deletions, cancels, flushes, merges, rewrites, expiry and restarts beside a list
 * of rows: no row that was deleted or has expired is seen at any moment, and no other is missing.
 */
class RemovalModelTest {
  private static final String[] SETS = {
    "deletion.delay=40m",
    "retention.default=14d",
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
  private static final int USERS = 4;
  private static final int TRACES = 30;

  @TempDir Path directory;

  /** Something that was written, and the deletions that hide it. */
  private static final class Row {
    final int user;
    final long millis;
    String shown;
    final Set<String> hidden = new HashSet<>();

    /**
     * Deletions of its trace that found other spans of it while this one was hidden already:
     * whether they take it too depends on which blocks it is in.
     */
    final Set<String> perhaps = new HashSet<>();

    Row(int user, long millis, String shown) {
      this.user = user;
      this.millis = millis;
      this.shown = shown;
    }

    boolean isVisible(long now) {
      return hidden.isEmpty() && !(user == 3 && millis < now - 3_600_000);
    }
  }

  private final SplittableRandom random = Seeds.random("RemovalModelTest");

  @Test
  void nothingDeletedComesBackAndNothingElseIsLost() {
    for (int i = 0; i < Seeds.iterations(3); i++) {
      try (Opened opened = new Opened(directory.resolve("run-" + i), SETS)) {
        Run run = new Run(opened);
        for (int step = 0; step < 150; step++) {
          String did = run.step();
          run.check("run " + i + " step " + step + ": " + did);
        }
      }
    }
  }

  /** One node and what was done to it. */
  private final class Run {
    private final Opened opened;
    private final Map<String, Row> samples = new TreeMap<>();
    private final Map<String, Row> lines = new TreeMap<>();
    private final Map<Integer, List<Row>> traces = new HashMap<>();
    private final List<String> cancellable = new ArrayList<>();
    private int written;

    Run(Opened opened) {
      this.opened = opened;
    }

    private long now() {
      return opened.now.toEpochMilli();
    }

    private String step() {
      int choice = random.nextInt(100);
      if (choice < 50) {
        return write();
      } else if (choice < 60) {
        return delete();
      } else if (choice < 64) {
        return cancel();
      } else if (choice < 74) {
        opened.node.log().flusher().flushAll();
        return "flush";
      } else if (choice < 80) {
        opened.node.compact();
        return "merge";
      } else if (choice < 86) {
        opened.node.removal().deletions().run();
        cancellable.removeIf(
            id ->
                opened.node.removal().deletions().list(Opened.TENANT).stream()
                    .anyMatch(one -> one.id().equals(id) && one.isDue(now())));
        return "rewrite";
      } else if (choice < 91) {
        opened.node.removal().retention().run();
        return "retention";
      } else if (choice < 95) {
        opened.restart(SETS);
        return "restart";
      }
      opened.pass(Duration.ofMinutes(random.nextInt(1, 30)));
      return "time";
    }

    private static Labels labels(int user) {
      return Opened.labels("app", "shop", "user", "u" + user);
    }

    private String write() {
      for (int i = random.nextInt(1, 8); i > 0; i--) {
        int user = random.nextInt(USERS);
        long millis = now() - random.nextInt(100 * 60_000);
        boolean taken = user != 3 || millis >= now() - 3_600_000;
        Row again = again();
        switch (random.nextInt(3)) {
          case 0 -> {
            if (again != null) {
              user = again.user;
              millis = again.millis;
              taken = user != 3 || millis >= now() - 3_600_000;
            }
            double value = written++;
            opened.sample(labels(user), millis, value);
            if (taken) {
              samples.put(
                  user + " " + millis,
                  new Row(user, millis, labels(user) + " " + millis + " " + value));
            }
          }
          case 1 -> {
            String text = "n=" + random.nextInt(5);
            long nanos = millis * 1_000_000;
            opened.line(labels(user), nanos, text);
            if (taken) {
              String shown = labels(user) + " " + nanos + " " + text;
              lines.put(shown, new Row(user, millis, shown));
            }
          }
          default -> {
            int trace = random.nextInt(TRACES);
            int span = ++written;
            opened.span(trace, span, "u" + user, millis * 1_000_000);
            if (taken) {
              traces
                  .computeIfAbsent(trace, _ -> new ArrayList<>())
                  .add(new Row(user, millis, trace + " " + span));
            }
          }
        }
      }
      return "write";
    }

    /** A sample that is there, or was, to be written again; null most of the time. */
    private @Nullable Row again() {
      if (samples.isEmpty() || random.nextInt(4) > 0) {
        return null;
      }
      List<Row> all = List.copyOf(samples.values());
      return all.get(random.nextInt(all.size()));
    }

    private String delete() {
      int user = random.nextInt(USERS);
      long from = now() - random.nextInt(100 * 60_000);
      long to = from + random.nextInt(60 * 60_000);
      boolean all = random.nextInt(3) == 0;
      long min = all ? Long.MIN_VALUE : from;
      long max = all ? Long.MAX_VALUE : to;
      long minNanos = all ? Long.MIN_VALUE : from * 1_000_000;
      long maxNanos = all ? Long.MAX_VALUE : to * 1_000_000;
      List<Deletions.Ask> asks = new ArrayList<>();
      List<Row> meant = new ArrayList<>();
      List<Row> perhaps = new ArrayList<>();
      Predicate<Row> inRange = row -> row.millis >= min && row.millis <= max;
      if (random.nextBoolean()) {
        boolean two = random.nextBoolean();
        int other = (user + 1) % USERS;
        String selector =
            two ? "{user=~\"u" + user + "|u" + other + "\"}" : "{user=\"u" + user + "\"}";
        asks.add(new Deletions.Ask(Signal.METRICS, List.of(selector), min, max));
        samples.values().stream()
            .filter(inRange)
            .filter(row -> row.user == user || (two && row.user == other))
            .forEach(meant::add);
      }
      if (random.nextBoolean()) {
        boolean byLine = random.nextBoolean();
        String text = "n=" + random.nextInt(5);
        String selector =
            byLine ? "{app=\"shop\"} |= \"" + text + "\"" : "{user=\"u" + user + "\"}";
        asks.add(new Deletions.Ask(Signal.LOGS, List.of(selector), minNanos, maxNanos));
        lines.values().stream()
            .filter(inRange)
            .filter(row -> byLine ? row.shown.endsWith(text) : row.user == user)
            .forEach(meant::add);
      }
      if (asks.isEmpty() || random.nextBoolean()) {
        String selector = "{.user=\"u" + user + "\"}";
        asks.add(new Deletions.Ask(Signal.TRACES, List.of(selector), minNanos, maxNanos));
        for (List<Row> trace : traces.values()) {
          List<Row> visible = trace.stream().filter(row -> row.isVisible(now())).toList();
          List<Row> sure = visible.stream().filter(row -> row.perhaps.isEmpty()).toList();
          // A span lasts a microsecond.
          if (isFound(sure, user, inRange)) {
            meant.addAll(sure);
            trace.stream().filter(row -> !sure.contains(row)).forEach(perhaps::add);
          } else if (isFound(visible, user, inRange)) {
            perhaps.addAll(trace);
          }
        }
      }
      Deletion made = opened.node.removal().deletions().create(Opened.TENANT, asks);
      meant.forEach(row -> row.hidden.add(made.id()));
      perhaps.forEach(row -> row.perhaps.add(made.id()));
      cancellable.add(made.id());
      return "delete " + asks;
    }

    private static boolean isFound(List<Row> spans, int user, Predicate<Row> inRange) {
      return spans.stream().anyMatch(inRange) && spans.stream().anyMatch(row -> row.user == user);
    }

    private String cancel() {
      if (cancellable.isEmpty()) {
        return "nothing";
      }
      String id = cancellable.remove(random.nextInt(cancellable.size()));
      Deletion known =
          opened.node.removal().deletions().list(Opened.TENANT).stream()
              .filter(one -> one.id().equals(id))
              .findFirst()
              .orElseThrow();
      if (known.isDue(now())) {
        return "nothing, it is due";
      }
      opened.node.removal().deletions().cancel(Opened.TENANT, id, false);
      samples.values().forEach(row -> row.hidden.remove(id));
      lines.values().forEach(row -> row.hidden.remove(id));
      for (List<Row> trace : traces.values()) {
        for (Row row : trace) {
          row.hidden.remove(id);
          row.perhaps.remove(id);
        }
      }
      return "cancel " + id;
    }

    private TreeSet<String> visible(Iterable<Row> rows) {
      TreeSet<String> visible = new TreeSet<>();
      for (Row row : rows) {
        if (row.isVisible(now())) {
          visible.add(row.shown);
        }
      }
      return visible;
    }

    private void check(String what) {
      assertThat(opened.samples()).as(what).isEqualTo(visible(samples.values()));
      assertThat(new TreeSet<>(opened.lines())).as(what).isEqualTo(visible(lines.values()));
      List<Row> spans = new ArrayList<>();
      traces.values().forEach(spans::addAll);
      TreeSet<String> sure = visible(spans.stream().filter(row -> row.perhaps.isEmpty()).toList());
      assertThat(opened.spans()).as(what).containsAll(sure);
      assertThat(visible(spans)).as(what).containsAll(opened.spans());
      assertThat(opened.values("user"))
          .as(what)
          .containsAll(
              samples.values().stream()
                  .filter(row -> row.isVisible(now()))
                  .map(row -> "u" + row.user)
                  .toList());
    }
  }
}
