package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ConfigException;
import io.trilith.config.ConfigReader;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.RequestCounts;
import io.trilith.testing.Seeds;
import io.trilith.testing.s3.FaultProxy;
import io.trilith.testing.s3.S3Server;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The data's home is a bucket that fails, and the disk may go at any time. */
class BucketLifecycleTest {
  private static final TenantId TENANT = new TenantId("t");
  private static final int SERIES = 50;

  @TempDir static Path server;
  @TempDir Path directory;
  private static S3Server s3 = unset();
  private static FaultProxy proxy = unset();

  private String prefix = "";
  private Node node = unset();
  private final TreeSet<Integer> appended = new TreeSet<>();

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T unset() {
    return null;
  }

  @BeforeAll
  static void start() throws IOException {
    s3 = S3Server.start(server);
    proxy = new FaultProxy(s3.port(), 5);
  }

  @AfterAll
  static void stop() {
    proxy.close();
    s3.close();
  }

  @BeforeEach
  void open(TestInfo test) {
    proxy.rate(0);
    proxy.down(false);
    prefix = test.getTestMethod().orElseThrow().getName();
    node = new Node(config(), InstantSource.system(), System::nanoTime);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private TrilithConfig config(String... more) {
    List<String> sets = new ArrayList<>();
    for (String setting : S3Server.settings(proxy.endpoint())) {
      if (!setting.equals("--set")) {
        sets.add(setting);
      }
    }
    sets.add("storage.s3.prefix=" + prefix);
    sets.add("storage.data-dir=" + directory);
    sets.add("storage.s3.breaker-pause=50ms");
    sets.add("storage.s3.breaker-failures=3");
    sets.add("storage.s3.retries=2");
    sets.add("retention.default=0");
    sets.add("wal.segment-size=64KiB");
    sets.add("wal.size-max=1MiB");
    sets.add("wal.flush-size=512KiB");
    sets.addAll(List.of(more));
    return new ConfigReader(Map.of()).read(null, sets);
  }

  private void restart(boolean emptyDisk) throws IOException {
    node.close();
    if (emptyDisk) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          if (!file.equals(directory)) {
            Files.delete(file);
          }
        }
      }
    }
    node = new Node(config(), InstantSource.system(), System::nanoTime);
  }

  /** Adds one sample of one of some series; its value is its number. */
  private void append(int number) {
    MetricBatch batch = new MetricBatch();
    int series = batch.addSeries(Labels.of(Labels.NAME, "m", "series", "s" + number % SERIES));
    batch.addSample(series, 1_795_200_000_000L + number, 0, number);
    node.stores().metrics().append(TENANT, batch);
    appended.add(number);
  }

  private List<Integer> read() {
    List<Integer> found = new ArrayList<>();
    SampleBuffer buffer = new SampleBuffer();
    try (SeriesReader reader = node.stores().metrics().reader(TENANT)) {
      SeriesSet set =
          reader.select(List.of(Matcher.equal(Labels.NAME, "m")), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        for (int at = 0; at < buffer.size(); at++) {
          found.add((int) buffer.values()[at]);
        }
      }
    }
    return found;
  }

  private void check() {
    assertThat(eventually(this::read)).containsExactlyInAnyOrderElementsOf(appended);
  }

  /** Every sample stands in exactly one block. */
  private void checkBlocks() {
    long items =
        node.catalog().state().blocks().values().stream().mapToLong(BlockEntry::items).sum();
    assertThat(items).isEqualTo(appended.size());
  }

  private interface Attempt<T> {
    T make();
  }

  private static <T> T eventually(Attempt<T> attempt) {
    while (true) {
      try {
        return attempt.make();
      } catch (StorageException.Unavailable e) {
        assertThat(e).hasMessageContaining("bucket");
      }
    }
  }

  private void flush() {
    eventually(
        () -> {
          node.log().flusher().flushAll();
          return true;
        });
  }

  private static void tolerate(Runnable task) {
    try {
      task.run();
    } catch (StorageException.Unavailable e) {
      assertThat(e).hasMessageContaining("bucket");
    }
  }

  @Test
  void losesAndDoublesNothingUnderFaultsMergesAndRestartsWithAndWithoutTheDisk()
      throws IOException {
    SplittableRandom random = Seeds.random("losesAndDoublesNothing");
    proxy.rate(0.08);
    int number = 0;
    for (int step = 0; step < Seeds.iterations(80); step++) {
      for (int i = random.nextInt(30); i >= 0; i--) {
        append(number++);
      }
      int what = random.nextInt(20);
      if (what < 10) {
        tolerate(node.log().flusher()::flushAll);
      } else if (what < 12) {
        node.log().flusher().writeDue();
      } else if (what < 15) {
        tolerate(node.merge(Signal.METRICS)::compact);
      } else if (what == 15) {
        restart(false);
      } else if (what == 16) {
        flush();
        restart(true);
      } else if (what == 17) {
        check();
      }
    }
    check();
    flush();
    checkBlocks();
    restart(true);
    check();
    checkBlocks();
  }

  @Test
  void goesOnWithoutTheBucketUntilTheLogIsFullAndByItselfWhenItIsBack() throws IOException {
    append(0);
    flush();
    proxy.down(true);
    int number = 1;
    int refused = 0;
    while (refused == 0) {
      try {
        for (int i = 0; i < 200; i++) {
          append(number);
          number++;
        }
        node.log().flusher().writeDue();
        assertThatThrownBy(node.log().flusher()::flushAll)
            .isInstanceOf(StorageException.Unavailable.class);
      } catch (LimitExceededException e) {
        assertThat(e).hasMessageContaining("wal.size-max");
        refused++;
      }
    }
    OpenObjects objects = node.objects();
    assertThat(Objects.requireNonNull(objects.cache()).stagedBlocks()).isPositive();
    assertThat(node.stores().metrics().heads().stream().mapToLong(head -> head.headBytes()).sum())
        .isLessThan(1 << 20);
    assertThat(read()).containsExactlyInAnyOrderElementsOf(appended);
    long full = node.log().wal().stats().bytes();
    proxy.down(false);
    flush();
    assertThat(node.log().wal().stats().bytes()).isLessThan(full / 2);
    append(number);
    check();
    flush();
    checkBlocks();
    restart(true);
    check();
  }

  @Test
  void aLostAnswerOfACommitIsFoundToBeOurs() throws IOException {
    for (FaultProxy.Fault fault :
        List.of(FaultProxy.Fault.LOST_ANSWER, FaultProxy.Fault.RESET_AFTER)) {
      append(appended.size());
      proxy.once(line -> line.startsWith("PUT ") && line.contains("/catalog/commits/"), fault);
      node.log().flusher().flushAll();
      assertThat(proxy.isDone()).isTrue();
      checkBlocks();
    }
    restart(true);
    check();
    checkBlocks();
  }

  @Test
  void countsOfRequestsAreSmallAndQueriesNeverList() throws IOException {
    append(0);
    Map<RequestCounts.Operation, Long> before = counts();
    node.log().flusher().flushAll();
    assertThat(since(before))
        .isEqualTo(
            Map.of(
                // The block and the commit.
                RequestCounts.Operation.PUT, 2L,
                // The commit before, and the floor.
                RequestCounts.Operation.GET, 2L));
    before = counts();
    check();
    assertThat(since(before)).isEmpty();
    restart(true);
    before = counts();
    check();
    // The block's end, which is all of it.
    assertThat(since(before)).isEqualTo(Map.of(RequestCounts.Operation.GET, 1L));
    before = counts();
    check();
    assertThat(since(before)).isEmpty();
    restart(false);
    before = counts();
    check();
    assertThat(since(before)).isEmpty();
  }

  private Map<RequestCounts.Operation, Long> counts() {
    Map<RequestCounts.Operation, Long> counts = new EnumMap<>(RequestCounts.Operation.class);
    RequestCounts all = Objects.requireNonNull(node.objects().bucket()).counts();
    for (RequestCounts.Operation operation : RequestCounts.Operation.values()) {
      counts.put(operation, all.of(operation));
    }
    return counts;
  }

  private Map<RequestCounts.Operation, Long> since(Map<RequestCounts.Operation, Long> before) {
    Map<RequestCounts.Operation, Long> more = new EnumMap<>(RequestCounts.Operation.class);
    counts()
        .forEach(
            (operation, count) -> {
              long made = count - before.getOrDefault(operation, 0L);
              if (made > 0) {
                more.put(operation, made);
              }
            });
    return more;
  }

  @Test
  void readsALogWhoseContentIsInTheBucketAlreadyOnce() throws IOException {
    // A copy of the disk as it was before the flush comes back: the bucket has moved on.
    for (int i = 0; i < 100; i++) {
      append(i);
    }
    node.close();
    Path copy = Files.createTempDirectory(server, "log");
    copyTree(directory.resolve("log"), copy);
    node = new Node(config(), InstantSource.system(), System::nanoTime);
    flush();
    node.close();
    copyTree(copy, directory.resolve("log"));
    node = new Node(config(), InstantSource.system(), System::nanoTime);
    check();
    flush();
    checkBlocks();
  }

  private static void copyTree(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(file.getFileName());
        Files.deleteIfExists(target);
        Files.copy(file, target);
      }
    }
  }

  @Test
  void aWrongSecretEndsTheStartWithItsReason() throws IOException {
    node.close();
    TrilithConfig wrong = config("storage.s3.secret-key=wrong");
    assertThatThrownBy(() -> new Node(wrong, InstantSource.system(), System::nanoTime))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("storage.s3: bucket 'trilith-test'")
        .hasMessageContaining("refuses");
    restart(false);
  }
}
