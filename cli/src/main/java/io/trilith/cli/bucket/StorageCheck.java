package io.trilith.cli.bucket;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Does to an object store what the rest relies on and looks whether it holds. Used once. */
final class StorageCheck {
  static final int RACERS = 16;
  private static final int RACES = 20;
  private static final int OBJECTS = 30;
  private static final int LARGE = 8 << 20;
  private static final int RANGE = 64 << 10;

  private final ObjectStore objects;
  private final String prefix = "check/" + UUID.randomUUID() + "/";
  private final List<Line> lines = new ArrayList<>();

  /**
   * What one thing gave.
   *
   * @param p50 of the operation in milliseconds, null where nothing was measured
   */
  record Line(
      String name, boolean holds, @Nullable Double p50, @Nullable Double p99, String details) {}

  StorageCheck(ObjectStore objects) {
    this.objects = objects;
  }

  /** A thing that is checked; what it says is a failure's reason, or null. */
  @FunctionalInterface
  private interface Thing {
    @Nullable String check(Times times) throws InterruptedException;
  }

  /** How long an operation took, again and again. Thread-safe. */
  private static final class Times {
    private final List<Long> nanos = new ArrayList<>();

    synchronized void add(long since) {
      nanos.add(System.nanoTime() - since);
    }

    synchronized @Nullable Double percentile(int percent) {
      if (nanos.isEmpty()) {
        return null;
      }
      long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
      return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / 1e6;
    }
  }

  List<Line> run() {
    line("read after write", "an object is there as soon as its write is done", this::write);
    line("create-if-absent", RACERS + " threads race for " + RACES + " names", this::race);
    line("create-if-absent keeps", "a name that is taken keeps its content", this::keeps);
    line("replace", "a second write of a name is read at once", this::replace);
    line("list order", "names come in order, all of them", this::list);
    line("range read", RANGE / 1024 + " KiB out of 8 MiB", this::range);
    line("suffix read", "the last 64 KiB and the size", this::suffix);
    line("large object", "8 MiB are read as they were written", this::large);
    line("missing", "an absent name is told from an error", this::missing);
    line("delete", "a deleted object is gone and no longer listed", this::delete);
    return lines;
  }

  private void line(String name, String details, Thing thing) {
    Times times = new Times();
    String failure;
    try {
      failure = thing.check(times);
    } catch (StorageException e) {
      failure = e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = "interrupted";
    }
    lines.add(
        new Line(
            name,
            failure == null,
            times.percentile(50),
            times.percentile(99),
            failure == null ? details : failure));
  }

  private static ByteBuffer bytes(int size, int seed) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i * 31 + (i >>> 10) + seed);
    }
    return ByteBuffer.wrap(bytes);
  }

  private String name(String kind, int number) {
    return prefix + kind + "/%03d".formatted(number);
  }

  private void put(String name, ByteBuffer content) {
    try (ObjectOutput out = objects.create(name)) {
      out.write(content.duplicate());
      out.commit();
    }
  }

  private @Nullable String write(Times times) {
    for (int i = 0; i < OBJECTS; i++) {
      ByteBuffer content = bytes(1000 + i, i);
      long since = System.nanoTime();
      put(name("small", i), content);
      times.add(since);
      if (!objects.read(name("small", i)).equals(content)) {
        return name("small", i) + " is not what was written a moment ago";
      }
    }
    return null;
  }

  private @Nullable String race(Times times) throws InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(RACERS)) {
      for (int race = 0; race < RACES; race++) {
        String name = name("race", race);
        CyclicBarrier start = new CyclicBarrier(RACERS);
        List<Future<Boolean>> racers = new ArrayList<>();
        for (int racer = 0; racer < RACERS; racer++) {
          ByteBuffer content = bytes(100, racer);
          racers.add(
              threads.submit(
                  () -> {
                    start.await();
                    long since = System.nanoTime();
                    boolean won = objects.createIfAbsent(name, content);
                    times.add(since);
                    return won;
                  }));
        }
        String failure = judge(name, racers);
        if (failure != null) {
          return failure;
        }
      }
    }
    return null;
  }

  /** One racer has won, and the content is that one's. */
  private @Nullable String judge(String name, List<Future<Boolean>> racers)
      throws InterruptedException {
    List<Integer> winners = new ArrayList<>();
    for (int racer = 0; racer < racers.size(); racer++) {
      try {
        if (racers.get(racer).get()) {
          winners.add(racer);
        }
      } catch (ExecutionException e) {
        return name + ": " + e.getCause();
      }
    }
    if (winners.size() != 1) {
      return name
          + " was created by "
          + winners.size()
          + " of "
          + racers.size()
          + " writers at once: two servers would both believe that they made a commit";
    }
    return objects.read(name).equals(bytes(100, winners.getFirst()))
        ? null
        : name + " has not the content of the writer that was told it won";
  }

  private @Nullable String keeps(Times times) {
    String name = name("kept", 0);
    long since = System.nanoTime();
    boolean first = objects.createIfAbsent(name, bytes(100, 1));
    times.add(since);
    since = System.nanoTime();
    boolean second = objects.createIfAbsent(name, bytes(100, 2));
    times.add(since);
    if (!first || second) {
      return "the first writer was told " + first + ", the second one " + second;
    }
    return objects.read(name).equals(bytes(100, 1)) ? null : name + " was overwritten";
  }

  private @Nullable String replace(Times times) {
    String name = name("replaced", 0);
    for (int i = 0; i < 5; i++) {
      long since = System.nanoTime();
      put(name, bytes(200, i));
      times.add(since);
      if (!objects.read(name).equals(bytes(200, i))) {
        return name + " still has its former content";
      }
    }
    return null;
  }

  private @Nullable String list(Times times) {
    long since = System.nanoTime();
    List<ObjectStore.Entry> entries = objects.list(prefix + "small/");
    times.add(since);
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      wanted.add(name("small", i));
    }
    List<String> got = entries.stream().map(ObjectStore.Entry::name).toList();
    if (!got.equals(wanted)) {
      return "wanted " + wanted.size() + " names in order, got " + got.size() + ": " + got;
    }
    for (int i = 0; i < OBJECTS; i++) {
      if (entries.get(i).size() != 1000 + i) {
        return got.get(i) + " is listed with " + entries.get(i).size() + " bytes";
      }
    }
    return null;
  }

  private @Nullable String range(Times times) {
    ByteBuffer content = bytes(LARGE, 7);
    put(name("large", 0), content);
    for (int i = 0; i < OBJECTS; i++) {
      int at = (int) ((long) i * 7_919_311 % (LARGE - RANGE));
      long since = System.nanoTime();
      ByteBuffer got = objects.readRange(name("large", 0), at, RANGE);
      times.add(since);
      if (!got.equals(content.slice(at, RANGE))) {
        return "bytes " + at + "+" + RANGE + " are not what was written";
      }
    }
    return null;
  }

  private @Nullable String suffix(Times times) {
    ByteBuffer content = bytes(LARGE, 7);
    for (int i = 0; i < 10; i++) {
      long since = System.nanoTime();
      ObjectStore.Tail tail = objects.readTail(name("large", 0), RANGE);
      times.add(since);
      if (tail.objectSize() != LARGE || !tail.bytes().equals(content.slice(LARGE - RANGE, RANGE))) {
        return "the end of an object of "
            + LARGE
            + " bytes is not what was written; its size was"
            + " told as "
            + tail.objectSize();
      }
    }
    ObjectStore.Tail whole = objects.readTail(name("small", 0), RANGE);
    return whole.objectSize() == 1000 && whole.bytes().remaining() == 1000
        ? null
        : "the end of an object that is shorter than asked for is not the whole object";
  }

  private @Nullable String large(Times times) {
    long since = System.nanoTime();
    ByteBuffer got = objects.read(name("large", 0));
    times.add(since);
    return got.equals(bytes(LARGE, 7)) ? null : "8 MiB are not what was written";
  }

  private @Nullable String missing(Times times) {
    long since = System.nanoTime();
    try {
      objects.read(name("never", 0));
      return "an object that never was is readable";
    } catch (StorageException.Missing e) {
      times.add(since);
      return null;
    }
  }

  private @Nullable String delete(Times times) {
    for (int i = 0; i < OBJECTS; i++) {
      long since = System.nanoTime();
      objects.delete(name("small", i));
      times.add(since);
    }
    objects.delete(name("small", 0));
    if (!objects.list(prefix + "small/").isEmpty()) {
      return "deleted objects are still listed";
    }
    try {
      objects.read(name("small", 0));
      return "a deleted object is still readable";
    } catch (StorageException.Missing e) {
      return null;
    }
  }

  /** Deletes what is left of the check. */
  void clean() {
    List<String> left = Arrays.asList("small", "race", "kept", "replaced", "large");
    for (String kind : left) {
      objects.list(prefix + kind + "/").forEach(entry -> objects.delete(entry.name()));
    }
  }
}
