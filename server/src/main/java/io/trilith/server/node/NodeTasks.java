package io.trilith.server.node;

import io.trilith.compactor.SignalBlocks;
import io.trilith.config.TrilithConfig;
import io.trilith.server.node.Background.Task;
import io.trilith.storage.flush.Flusher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The work of a served node beside what it is asked. */
public final class NodeTasks {
  private static final Duration CUT = Duration.ofMillis(200);
  private static final Duration FLUSH = Duration.ofMillis(500);
  private static final Duration RETENTION = Duration.ofSeconds(30);
  private static final Duration DELETION = Duration.ofSeconds(10);
  private static final Duration DIRECTORY = Duration.ofMillis(250);

  private final Node node;
  private final TrilithConfig config;

  private NodeTasks(Node node, TrilithConfig config) {
    this.node = node;
    this.config = config;
  }

  public static List<Task> of(Node node, TrilithConfig config) {
    return new NodeTasks(node, config).all();
  }

  private List<Task> all() {
    List<Task> tasks = new ArrayList<>();
    Flusher flusher = node.log().flusher();
    tasks.add(new Task("cut", CUT, node.access().whileGranted(flusher::cutDue)));
    if (node.objects().bucket() == null) {
      tasks.add(new Task("flush", FLUSH, node.access().whileGranted(flusher::flushDue)));
    } else {
      // Uploads may wait for the bucket; memory is freed meanwhile.
      tasks.add(new Task("flush", FLUSH, flusher::writeDue));
      tasks.add(new Task("upload", FLUSH, node.access().whileGranted(flusher::commitWritten)));
      Duration age = config.storage().orphanAge();
      tasks.add(new Task("orphans", hourly(age), () -> sweepOrphans(age)));
    }
    Duration refresh = config.catalog().refresh();
    if (!refresh.isZero()) {
      tasks.add(new Task("follow", refresh, node.catalog()::refresh));
    }
    Duration catalogAge = hourly(config.storage().catalogAge());
    tasks.add(new Task("catalog", catalogAge, () -> node.collection().run()));
    Removal removal = node.removal();
    tasks.add(new Task("retention", RETENTION, whileReachable(removal.retention()::remove)));
    tasks.add(new Task("expiry", RETENTION, whileReachable(removal.retention()::rewrite)));
    tasks.add(new Task("deletion", DELETION, whileReachable(removal.deletions()::run)));
    for (SignalBlocks one : node.merges()) {
      String name = "merge-" + one.signal().text();
      Duration pause = config.storage().mergeInterval();
      tasks.add(new Task(name, pause, whileReachable(one.merge()::run)));
    }
    tasks.add(new Task("directory", DIRECTORY, node.access()::look));
    return tasks;
  }

  /** Often enough for what waits until it has an age, and not more often than it is worth. */
  private static Duration hourly(Duration age) {
    Duration half = age.dividedBy(2);
    Duration hour = Duration.ofHours(1);
    Duration second = Duration.ofSeconds(1);
    return half.compareTo(hour) > 0 ? hour : half.compareTo(second) < 0 ? second : half;
  }

  private void sweepOrphans(Duration age) {
    if (!node.removal().time().isHeld()) {
      int _ = node.removal().expiry().sweepOrphans(age);
    }
  }

  private Runnable whileReachable(Runnable task) {
    return node.access()
        .whileGranted(
            () -> {
              if (node.objects().isReachable()) {
                task.run();
              }
            });
  }
}
