package io.trilith.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.WalConfig;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLogTest {
  private static final TenantId TENANT = new TenantId("team-a");

  @TempDir Path directory;

  private static WalConfig config(String segmentSize) {
    return new WalConfig(
        WalConfig.Sync.ALWAYS,
        Duration.ofSeconds(1),
        ByteSize.parse(segmentSize),
        ByteSize.parse("1GiB"),
        ByteSize.parse("1GiB"));
  }

  private LocalLog open() {
    return new LocalLog(directory, config("4KiB"), 0);
  }

  private static void append(Log log, String text) {
    log.append(Signal.LOGS, TENANT, bytes(text)).awaitDurable();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> read(Log log, long from) {
    List<String> records = new ArrayList<>();
    log.read(
        from,
        (offset, signal, tenant, payload) ->
            records.add(offset + ":" + StandardCharsets.UTF_8.decode(payload)));
    return records;
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  @Test
  void whatIsSealedCanBeTrimmedThoughNothingFollowsIt() throws Exception {
    try (LocalLog log = new LocalLog(directory, config("1MiB"), 0)) {
      for (int i = 0; i < 5; i++) {
        append(log, "secret " + i);
      }
      log.trim(5);
      assertThat(log.oldest()).isZero();
      log.seal(5);
      log.trim(4);
      assertThat(log.oldest()).isZero();
      log.trim(5);
      assertThat(segments()).isEmpty();
      assertThat(log.oldest()).isEqualTo(5);
      append(log, "after");
      log.seal(5);
      assertThat(log.oldest()).isEqualTo(5);
      assertThat(read(log, 0)).isEmpty();
    }
    try (LocalLog log = new LocalLog(directory, config("1MiB"), 0)) {
      assertThat(read(log, 0)).containsExactly("5:after");
      log.trim(6);
      assertThat(segments()).isEmpty();
      assertThat(log.next()).isEqualTo(6);
    }
  }

  @Test
  void sealingWhileOthersAppendLosesNothing() throws Exception {
    List<Future<?>> writers = new ArrayList<>();
    try (LocalLog log = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int writer = 0; writer < 4; writer++) {
        writers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    append(log, "x".repeat(30));
                  }
                }));
      }
      for (int i = 0; i < 50; i++) {
        log.seal(log.next());
        // All that is below 0 may go: nothing.
        log.trim(0);
      }
      for (Future<?> one : writers) {
        one.get();
      }
    }
    try (LocalLog log = open()) {
      assertThat(read(log, 0)).hasSize(800);
    }
  }

  @Test
  void readsBackWhatWasAppendedAcrossSegmentsAndRestarts() throws Exception {
    List<String> expected = new ArrayList<>();
    try (LocalLog log = open()) {
      for (int i = 0; i < 200; i++) {
        append(log, "record " + i + " " + "x".repeat(i));
        expected.add(i + ":record " + i + " " + "x".repeat(i));
      }
    }
    assertThat(segments()).hasSizeGreaterThan(3);
    try (LocalLog log = open()) {
      assertThat(read(log, 0)).isEqualTo(expected);
      assertThat(read(log, 150)).isEqualTo(expected.subList(150, 200));
      assertThat(log.next()).isEqualTo(200);
      append(log, "after");
    }
    try (LocalLog log = open()) {
      assertThat(read(log, 200)).containsExactly("200:after");
    }
  }

  @Test
  void neverGivesOutAnOffsetThatBlocksCoverAlready() {
    try (LocalLog log = new LocalLog(directory, config("4KiB"), 77)) {
      assertThat(log.append(Signal.METRICS, TENANT, bytes("a")).offset()).isEqualTo(77);
    }
  }

  @Test
  void trimsWholeSegmentsOnly() throws Exception {
    try (LocalLog log = open()) {
      for (int i = 0; i < 100; i++) {
        append(log, "x".repeat(200));
      }
      long before = log.stats().bytes();
      log.trim(50);
      assertThat(log.stats().bytes()).isLessThan(before);
    }
    try (LocalLog log = open()) {
      assertThat(read(log, 50)).hasSize(50);
    }
  }

  @Test
  void groupsConcurrentAppendersAndKeepsEachOne() throws Exception {
    try (LocalLog log = new LocalLog(directory, config("1MiB"), 0);
        ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 8; w++) {
        int writer = w;
        writers.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    append(log, writer + "/" + i);
                  }
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      assertThat(log.stats().syncs()).isLessThanOrEqualTo(801);
    }
    try (LocalLog log = open()) {
      assertThat(read(log, 0).stream().map(r -> r.substring(r.indexOf(':') + 1)).distinct())
          .hasSize(800);
    }
  }

  @Test
  void cutsATornEndAtEveryLengthAndKeepsTheRecordsBefore() throws Exception {
    try (LocalLog log = open()) {
      append(log, "one");
      append(log, "two");
      append(log, "three");
    }
    Path segment = segments().getLast();
    byte[] whole = Files.readAllBytes(segment);
    int frame = whole.length - lastFrameLength("three");
    for (int length = frame; length < whole.length; length++) {
      Files.write(segment, java.util.Arrays.copyOf(whole, length));
      try (LocalLog log = open()) {
        assertThat(read(log, 0)).containsExactly("0:one", "1:two");
        assertThat(log.next()).isEqualTo(2);
        assertThat(log.stats().tornBytes() > 0).isEqualTo(length > frame);
        append(log, "again");
      }
      try (LocalLog log = open()) {
        assertThat(read(log, 0)).containsExactly("0:one", "1:two", "2:again");
      }
      for (Path file : segments()) {
        Files.delete(file);
      }
    }
  }

  private static int lastFrameLength(String payload) {
    return SegmentFormat.FRAME_HEADER_SIZE
        + SegmentFormat.BODY_MIN
        + TENANT.value().length()
        + payload.length();
  }

  @Test
  void neverServesAFlippedBitAndKeepsTheOtherRecords() throws Exception {
    try (LocalLog log = open()) {
      append(log, "one");
      append(log, "two");
      append(log, "three");
    }
    Path segment = segments().getLast();
    byte[] whole = Files.readAllBytes(segment);
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] bad = whole.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(segment, bad);
      List<String> records;
      try {
        SegmentScanner scanner = SegmentScanner.open(segment);
        records = new ArrayList<>();
        scanner.scan(
            0,
            -1,
            (o, s, t, payload) -> records.add(o + ":" + StandardCharsets.UTF_8.decode(payload)));
        assertThat(scanner.damages()).as("bit %d", bit).hasSize(1);
      } catch (io.trilith.storage.error.StorageException.Corrupt e) {
        assertThat(e).hasMessageContaining(segment.toString());
        continue;
      }
      assertThat(List.of("0:one", "1:two", "2:three")).as("bit %d", bit).containsAll(records);
      assertThat(records.size()).isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void survivesGarbageOfEveryKind() throws Exception {
    SplittableRandom random = Seeds.random("survivesGarbageOfEveryKind");
    try (LocalLog log = open()) {
      for (int i = 0; i < 20; i++) {
        append(log, "record " + i);
      }
    }
    Path segment = segments().getLast();
    byte[] whole = Files.readAllBytes(segment);
    for (int round = 0; round < Seeds.iterations(200); round++) {
      byte[] bad = whole.clone();
      int from = random.nextInt(SegmentFormat.HEADER_SIZE, bad.length);
      int length = Math.min(bad.length - from, random.nextInt(1, 120));
      for (int i = 0; i < length; i++) {
        bad[from + i] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
      }
      Files.write(segment, bad);
      List<String> records = new ArrayList<>();
      SegmentScanner.open(segment)
          .scan(0, -1, (o, s, t, p) -> records.add(StandardCharsets.UTF_8.decode(p).toString()));
      for (String record : records) {
        assertThat(record).startsWith("record ");
      }
    }
  }

  @Test
  void refusesWritesWhenTheLogHasReachedItsLimit() {
    WalConfig small =
        new WalConfig(
            WalConfig.Sync.INTERVAL,
            Duration.ofMillis(10),
            ByteSize.parse("4KiB"),
            ByteSize.parse("1KiB"),
            ByteSize.parse("2KiB"));
    try (LocalLog log = new LocalLog(directory, small, 0)) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  append(log, "x".repeat(100));
                }
              })
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("wal.size-max = 2KiB");
    }
  }

  @Test
  void aSegmentOfVersion1DecodesForEver() throws Exception {
    try (LocalLog log = open()) {
      append(log, "one");
      log.append(Signal.TRACES, new TenantId("t"), bytes("two")).awaitDurable();
    }
    byte[] golden =
        Golden.bytes("storage", "log-segment.bin", Files.readAllBytes(segments().getLast()));
    Path copy = Files.write(directory.resolve("00000000000000000000.log"), golden);
    List<String> records = new ArrayList<>();
    SegmentScanner.open(copy)
        .scan(
            0,
            -1,
            (offset, signal, tenant, payload) ->
                records.add(
                    offset
                        + " "
                        + signal
                        + " "
                        + tenant
                        + " "
                        + StandardCharsets.UTF_8.decode(payload)));
    assertThat(records).containsExactly("0 LOGS team-a one", "1 TRACES t two");
  }

  @Test
  void aSegmentOfVersion2DecodesForEver() throws IOException {
    Files.writeString(directory.resolve("id"), "log-1\n");
    try (LocalLog log = open()) {
      append(log, "one");
    }
    byte[] golden =
        Golden.bytes("storage", "log-segment-2.bin", Files.readAllBytes(segments().getFirst()));
    Files.write(segments().getFirst(), golden);
    try (LocalLog log = open()) {
      assertThat(read(log, 0)).containsExactly("0:one");
    }
  }

  @Test
  void refusesASegmentOfAnotherLogAndOneUnderAnotherName() throws IOException {
    Files.writeString(directory.resolve("id"), "log-1\n");
    try (LocalLog log = open()) {
      append(log, "one");
    }
    Path segment = segments().getFirst();
    Files.writeString(directory.resolve("id"), "log-2\n");
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(segment + " is corrupt")
        .hasMessageContaining("another log");
    Files.writeString(directory.resolve("id"), "log-1\n");
    Path renamed = segment.resolveSibling("00000000000000000007.log");
    Files.move(segment, renamed);
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(renamed.toString());
    Files.move(renamed, segment.resolveSibling("copy of it.log"));
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("copy of it.log");
  }

  @Test
  void goesOnUnderAnotherIdWithTheSameSegments() throws IOException {
    LogIdentity identity = LogIdentity.open(directory, () -> "log-1");
    try (LocalLog log = open()) {
      append(log, "one");
    }
    identity.prepareRenewed("log-2");
    identity.renew("log-2");
    identity.moveTo("host /data");
    LogIdentity again = LogIdentity.open(directory, () -> "log-3");
    assertThat(again.id()).isEqualTo("log-2");
    assertThat(again.home()).isEqualTo("host /data");
    assertThat(again.renewed()).isEmpty();
    try (LocalLog log = open()) {
      append(log, "two");
    }
    try (LocalLog log = open()) {
      assertThat(read(log, 0)).containsExactly("0:one", "1:two");
    }
  }
}
