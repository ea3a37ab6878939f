package io.trilith.logstore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogStoreTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));
  private static final TenantId TENANT = new TenantId("team-a");
  private static final Labels APP = Labels.of("app", "api", "level", "error");
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));
  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.parse("1MiB"),
          ByteSize.parse("256MiB"),
          ByteSize.parse("1GiB"));

  @TempDir Path directory;

  /** Seconds by which stores are ahead of {@link #CLOCK}. */
  private long later;

  private final InstantSource clock = () -> CLOCK.instant().plusSeconds(later);

  /** A store with everything below it, opened as the server does. Not closed: that is a kill. */
  private final class Opened {
    final SplittableRandom random = new SplittableRandom();
    final ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    final Catalog catalog = new Catalog(objects, CLOCK, random);
    final LocalLog wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    final LogStore store;
    final Flusher flusher;
    final BlockMerge merge;

    Opened(Duration keep) {
      DataAge age =
          new DataAge(new RetentionConfig(keep, Duration.ofHours(1), Duration.ZERO), CLOCK);
      store =
          new LogStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              age,
              new CacheConfig(ByteSize.parse("1MiB")),
              clock,
              () -> BlockId.create(CLOCK, random));
      store.blocksChanged(catalog.state());
      wal.read(
          0,
          (offset, signal, tenant, payload) -> {
            if (offset >= catalog.state().covered(signal, tenant)) {
              store.replay(offset, tenant, payload);
            }
          });
      flusher =
          new Flusher(HEAD, WAL, wal, catalog, clock, () -> List.<Flushable>copyOf(store.heads()));
      flusher.replayed();
      merge = new BlockMerge(store, catalog, objects, () -> BlockId.create(CLOCK, random), CLOCK);
    }
  }

  /** An entry as the tests compare it; the line as ISO 8859-1, so that every byte shows. */
  private record Entry(long time, String line, Labels metadata) {}

  private static void add(LogBatch batch, int stream, Entry entry) {
    byte[] line = entry.line.getBytes(StandardCharsets.ISO_8859_1);
    batch.addEntry(stream, entry.time, line, 0, line.length, entry.metadata);
  }

  private static LogBatch batch(Labels stream, Entry... entries) {
    LogBatch batch = new LogBatch();
    int number = batch.addStream(stream);
    for (Entry entry : entries) {
      add(batch, number, entry);
    }
    return batch;
  }

  private static List<Entry> read(
      LogStore store, TenantId tenant, Labels stream, Direction direction) {
    List<Entry> entries = new ArrayList<>();
    try (StreamReader reader = store.reader(tenant)) {
      StreamSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        if (set.labels(i).equals(stream)) {
          EntryCursor cursor = set.entries(i, Long.MIN_VALUE, Long.MAX_VALUE, direction);
          while (cursor.next()) {
            byte[] line =
                Arrays.copyOfRange(cursor.lineArray(), cursor.lineStart(), cursor.lineEnd());
            entries.add(
                new Entry(
                    cursor.timestamp(),
                    new String(line, StandardCharsets.ISO_8859_1),
                    cursor.metadata()));
          }
        }
      }
      return entries;
    }
  }

  @Test
  void keepsAnExactDuplicateOnceAcrossHeadBlockAndKill() {
    Entry one = new Entry(10, "same", Labels.EMPTY);
    Entry other = new Entry(10, "same", Labels.of("trace_id", "1"));
    Opened opened = new Opened(Duration.ZERO);
    opened.store.append(TENANT, batch(APP, one, one, other));
    opened.flusher.flushAll();
    opened.store.append(TENANT, batch(APP, one, new Entry(5, "older", Labels.EMPTY)));
    for (Opened now : List.of(opened, new Opened(Duration.ZERO))) {
      assertThat(read(now.store, TENANT, APP, Direction.FORWARD))
          .containsExactly(new Entry(5, "older", Labels.EMPTY), one, other);
      assertThat(read(now.store, TENANT, APP, Direction.BACKWARD))
          .containsExactlyInAnyOrder(new Entry(5, "older", Labels.EMPTY), one, other);
    }
  }

  @Test
  void answersLabelQuestionsFromHeadAndBlock() {
    Opened opened = new Opened(Duration.ZERO);
    opened.store.append(TENANT, batch(APP, new Entry(10, "x", Labels.EMPTY)));
    opened.flusher.flushAll();
    Labels web = Labels.of("app", "web");
    opened.store.append(TENANT, batch(web, new Entry(20, "yy", Labels.EMPTY)));
    try (StreamReader reader = opened.store.reader(TENANT)) {
      assertThat(reader.labelNames(List.of(), 0, 30)).containsExactly("app", "level");
      assertThat(reader.labelNames(List.of(), 20, 20)).containsExactly("app");
      assertThat(reader.labelValues("app", List.of(), 0, 30)).containsExactly("api", "web");
      assertThat(reader.streams(List.of(List.of(Matcher.equal("app", "web"))), 0, 30))
          .containsExactly(web);
      assertThat(reader.volume(List.of(), 0, 30)).isEqualTo(new StreamReader.Volume(2, 2, 2, 3));
    }
  }

  @Test
  void whoHasTooManyStreamsIsFlushedOnceTheyHaveBeenThereForAWhile() {
    Opened opened = new Opened(Duration.ofDays(15));
    opened.store.append(
        TENANT, batch(APP, new Entry(CLOCK.millis() * 1_000_000, "x", Labels.EMPTY)));
    Flushable head = opened.store.heads().iterator().next();
    opened.store.makeRoomForStreams(TENANT);
    assertThat(head.oldestArrivalMillis()).isEqualTo(CLOCK.millis());
    later = 10;
    opened.store.makeRoomForStreams(TENANT);
    opened.flusher.flushDue();
    assertThat(opened.store.activeStreams(TENANT)).isZero();
    assertThat(opened.catalog.state().blocks(Signal.LOGS, TENANT)).hasSize(1);
    assertThat(head.oldestArrivalMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void refusesEntriesOutOfTheAllowedAgeAndKeepsTheRest() {
    Opened opened = new Opened(Duration.ofDays(15));
    long now = CLOCK.millis() * 1_000_000;
    LogAppender.AppendResult result =
        opened.store.append(
            TENANT,
            batch(
                APP,
                new Entry(now - Duration.ofDays(20).toNanos(), "old", Labels.EMPTY),
                new Entry(now, "now", Labels.EMPTY)));
    assertThat(result.accepted()).isEqualTo(1);
    assertThat(result.rejected()).isEqualTo(1);
    assertThat(result.reason()).contains("retention.default").contains("app=\"api\"");
    assertThat(read(opened.store, TENANT, APP, Direction.FORWARD)).hasSize(1);
  }

  @Test
  void equalsANaiveModelUnderRandomWritesFlushesAndKills() {
    SplittableRandom random = Seeds.random("equalsANaiveModelUnderRandomWritesFlushesAndKills");
    Map<TenantId, Map<Labels, Set<Entry>>> model = new HashMap<>();
    Opened opened = new Opened(Duration.ZERO);
    for (int step = 0; step < Seeds.iterations(1500); step++) {
      TenantId tenant = new TenantId("t" + random.nextInt(2));
      LogBatch batch = new LogBatch();
      for (int n = random.nextInt(1, 30); n > 0; n--) {
        Labels stream = Labels.of("app", "a" + random.nextInt(3));
        long time = random.nextInt(5) == 0 ? random.nextLong(-50, 50) : step * 3L;
        Labels metadata =
            random.nextInt(3) == 0 ? Labels.of("id", "" + random.nextInt(3)) : Labels.EMPTY;
        Entry entry = new Entry(time, randomLine(random), metadata);
        add(batch, batch.addStream(stream), entry);
        model
            .computeIfAbsent(tenant, t -> new HashMap<>())
            .computeIfAbsent(stream, s -> new LinkedHashSet<>())
            .add(entry);
      }
      opened.store.append(tenant, batch);
      if (random.nextInt(60) == 0) {
        opened.flusher.flushAll();
      }
      if (random.nextInt(150) == 0) {
        try (StreamReader reader = opened.store.reader(tenant)) {
          StreamSet before = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
          opened.merge.run();
          // What was selected before a merge can be read after it.
          for (int i = 0; i < before.size(); i++) {
            assertThat(entries(before, i, Scan.everything()))
                .hasSize(known(model.get(tenant)).getOrDefault(before.labels(i), Set.of()).size());
          }
        }
      }
      if (random.nextInt(100) == 0) {
        checkQuestions(random, opened.store, tenant, known(model.get(tenant)));
      }
      if (random.nextInt(300) == 0) {
        opened = new Opened(Duration.ZERO);
      }
    }
    opened = new Opened(Duration.ZERO);
    for (Map.Entry<TenantId, Map<Labels, Set<Entry>>> tenant : model.entrySet()) {
      for (Map.Entry<Labels, Set<Entry>> stream : tenant.getValue().entrySet()) {
        List<Entry> expected = new ArrayList<>(stream.getValue());
        expected.sort(Comparator.comparingLong(Entry::time));
        assertThat(read(opened.store, tenant.getKey(), stream.getKey(), Direction.FORWARD))
            .isEqualTo(expected);
        List<Entry> backward =
            read(opened.store, tenant.getKey(), stream.getKey(), Direction.BACKWARD);
        assertThat(backward).isSortedAccordingTo(Comparator.comparingLong(Entry::time).reversed());
        Collections.reverse(backward);
        assertThat(backward).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  private static Map<Labels, Set<Entry>> known(@Nullable Map<Labels, Set<Entry>> written) {
    return written == null ? Map.of() : written;
  }

  private static List<Entry> entries(StreamSet set, int stream, Scan scan) {
    List<Entry> entries = new ArrayList<>();
    EntryCursor cursor =
        set.entries(stream, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD, scan);
    while (cursor.next()) {
      byte[] line = Arrays.copyOfRange(cursor.lineArray(), cursor.lineStart(), cursor.lineEnd());
      entries.add(
          new Entry(
              cursor.timestamp(),
              new String(line, StandardCharsets.ISO_8859_1),
              cursor.metadata()));
    }
    return entries;
  }

  /** Scans must show what they want, and nothing that is not there; counts must be exact. */
  private static void checkQuestions(
      SplittableRandom random, LogStore store, TenantId tenant, Map<Labels, Set<Entry>> model) {
    try (StreamReader reader = store.reader(tenant)) {
      StreamSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      assertThat(set.size()).isEqualTo(model.size());
      for (int i = 0; i < set.size(); i++) {
        Set<Entry> all = model.getOrDefault(set.labels(i), Set.of());
        String needle = List.of("api/3 2", "red", "7}", "nowhere4bf92f35").get(random.nextInt(4));
        Scan.AnyOf clause =
            new Scan.AnyOf(
                List.of(
                    new Scan.Term.LineHas(needle.getBytes(StandardCharsets.ISO_8859_1)),
                    new Scan.Term.MetadataIs("id", "2")));
        List<Entry> found = entries(set, i, new Scan(List.of(clause), new ScanCounts()));
        List<Entry> wanted =
            all.stream()
                .filter(e -> e.line.contains(needle) || e.metadata.get("id").equals("2"))
                .sorted(Comparator.comparingLong(Entry::time))
                .toList();
        assertThat(found).containsAll(wanted).doesNotHaveDuplicates();
        assertThat(all).containsAll(found);
        checkCounts(random, set, i, all);
      }
    }
  }

  private static void checkCounts(
      SplittableRandom random, StreamSet set, int stream, Set<Entry> all) {
    long[] bounds = random.longs(random.nextInt(2, 9), -60, 5000).sorted().toArray();
    long[] entries = new long[bounds.length - 1];
    long[] bytes = new long[bounds.length - 1];
    set.count(stream, bounds, entries, bytes, Scan.everything());
    for (int i = 0; i < entries.length; i++) {
      long from = bounds[i];
      long to = bounds[i + 1];
      List<Entry> inside = all.stream().filter(e -> e.time > from && e.time <= to).toList();
      assertThat(entries[i]).isEqualTo(inside.size());
      assertThat(bytes[i]).isEqualTo(inside.stream().mapToLong(e -> e.line.length()).sum());
    }
  }

  @Test
  void aMergeTakesFullPagesOverAndDropsDuplicates() {
    Opened opened = new Opened(Duration.ZERO);
    Set<Entry> expected = new LinkedHashSet<>();
    for (int block = 0; block < 4; block++) {
      LogBatch batch = new LogBatch();
      int stream = batch.addStream(APP);
      for (int i = 0; i < 9000; i++) {
        // The last block repeats half of the third.
        int time = Math.min(block, 2) * 10_000 + (block == 3 ? 4500 : 0) + i;
        Entry entry = new Entry(time, "GET /items/" + time * 7L + " took 12ms", Labels.EMPTY);
        add(batch, stream, entry);
        expected.add(entry);
      }
      opened.store.append(TENANT, batch);
      opened.flusher.flushAll();
    }
    opened.merge.run();
    assertThat(opened.merge.merges()).isEqualTo(1);
    assertThat(opened.catalog.state().blocks(Signal.LOGS, TENANT)).hasSize(1);
    BlockEntry merged = opened.catalog.state().blocks(Signal.LOGS, TENANT).getFirst();
    assertThat(merged.items()).isEqualTo(expected.size());
    assertThat(read(opened.store, TENANT, APP, Direction.FORWARD))
        .containsExactlyElementsOf(
            expected.stream().sorted(Comparator.comparingLong(Entry::time)).toList());
    assertThat(opened.objects.list("blocks/")).hasSize(1);
  }

  @Test
  void aReadingEndsBetweenTwoPagesThatHoldNothingWanted() {
    Opened opened = new Opened(Duration.ZERO);
    for (int i = 0; i < 4; i++) {
      Labels stream = Labels.of("app", "a" + i);
      opened.store.append(TENANT, batch(stream, new Entry(i, "line of words", Labels.EMPTY)));
    }
    opened.flusher.flushAll();
    int[] left = {2};
    ScanCounts counts =
        new ScanCounts(
            () -> {
              if (left[0]-- == 0) {
                throw new IllegalStateException("too late");
              }
            });
    Scan.Term absent = new Scan.Term.LineHas("4bf92f3577b34da6".getBytes(StandardCharsets.UTF_8));
    Scan scan = new Scan(List.of(new Scan.AnyOf(List.of(absent))), counts);
    try (StreamReader reader = opened.store.reader(TENANT)) {
      StreamSet set = reader.select(List.of(), 0, 10);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < set.size(); i++) {
                  set.entries(i, 0, 10, Direction.FORWARD, scan).next();
                }
              })
          .hasMessage("too late");
      assertThat(counts.pagesSkippedByFilter()).isEqualTo(2);
    }
  }

  private static String randomLine(SplittableRandom random) {
    return switch (random.nextInt(5)) {
      case 0 -> "";
      case 1 -> "GET /api/" + random.nextInt(5) + " 200";
      case 2 -> "\u0000\u00ff\u001b[31mred\r\n" + random.nextInt(3);
      case 3 -> "x".repeat(random.nextInt(3000));
      default -> "{\"id\":" + random.nextInt(1000) + "}";
    };
  }

  @Test
  void findsEveryFlippedBitOfABlockOrServesWhatWasWritten() {
    Opened opened = new Opened(Duration.ZERO);
    LogBatch batch = batch(APP, new Entry(1, "hello world", Labels.of("k", "v")));
    opened.store.append(TENANT, batch);
    opened.flusher.flushAll();
    checkEveryBit(opened);
    opened.merge.compact();
    checkEveryBit(opened);
  }

  private static void checkEveryBit(Opened opened) {
    BlockEntry block = opened.catalog.state().blocks(Signal.LOGS, TENANT).getFirst();
    ByteBuffer good = opened.objects.read(block.objectName());
    for (int bit = 0; bit < good.capacity() * 8; bit++) {
      byte[] bad = new byte[good.capacity()];
      good.duplicate().get(bad);
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> readBlock(bad))
          .as("bit %d", bit)
          .isInstanceOf(StorageException.Corrupt.class);
    }
  }

  private static void readAll(PageRef ref) {
    ref.mayHold(
        new PageScan(
            new Scan(
                List.of(new Scan.AnyOf(List.of(new Scan.Term.MetadataIs("k", "v")))),
                new ScanCounts())));
    Page page = ref.load(new ScanCounts());
    page.time(0);
    page.metadata(0);
    page.lineEnd(0);
  }

  private static void readBlock(byte[] bytes) {
    ObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("b", ByteBuffer.wrap(bytes));
    LogBlock.open(objects, "b")
        .select(
            List.of(),
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            (labels, pages) -> pages.forEach(LogStoreTest::readAll));
  }

  @Test
  void blocksOfAllVersionsDecodeForEver() {
    Opened opened = new Opened(Duration.ZERO);
    opened.store.append(
        TENANT,
        batch(APP, new Entry(1, "hello", Labels.of("k", "v")), new Entry(2, "", Labels.EMPTY)));
    opened.flusher.flushAll();
    byte[] fresh = onlyBlock(opened);
    opened.merge.compact();
    byte[] split = onlyBlock(opened);
    for (String file : List.of("log-block.bin", "log-block-2.bin", "log-block-3.bin")) {
      checkGolden(Golden.bytes("logstore", file, split));
    }
    checkGolden(Golden.bytes("logstore", "log-block-3-plain.bin", fresh));
  }

  private static byte[] onlyBlock(Opened opened) {
    List<BlockEntry> blocks = List.copyOf(opened.catalog.state().blocks(Signal.LOGS, TENANT));
    assertThat(blocks).hasSize(1);
    ByteBuffer written = opened.objects.read(blocks.getFirst().objectName());
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);
    return bytes;
  }

  @Test
  void entriesInAnyOrderOverManyChunksComeInOrderFromHeadFreshBlockAndSplitBlock() {
    SplittableRandom random =
        Seeds.random("entriesInAnyOrderOverManyChunksComeInOrderFromHeadFreshBlockAndSplitBlock");
    Opened opened = new Opened(Duration.ZERO);
    Set<Entry> expected = new LinkedHashSet<>();
    for (int i = 0; i < 1500; i++) {
      // Mostly in order, a few far behind, some twice, chunks of a few hundred entries.
      long time = random.nextInt(10) == 0 ? random.nextInt(1500) : i - random.nextInt(3);
      String line = "entry " + time % 7 + " " + "x".repeat(random.nextInt(3) * 1000);
      Entry entry = new Entry(time, line, Labels.of("k", "v" + random.nextInt(2)));
      opened.store.append(TENANT, batch(APP, entry));
      expected.add(entry);
    }
    for (int state = 0; state < 3; state++) {
      List<Entry> found = read(opened.store, TENANT, APP, Direction.FORWARD);
      assertThat(found).as("state %d", state).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(found).extracting(Entry::time).isSorted();
      assertThat(read(opened.store, TENANT, APP, Direction.BACKWARD)).hasSameSizeAs(expected);
      try (StreamReader reader = opened.store.reader(TENANT)) {
        StreamSet set = reader.select(List.of(), 0, 1500);
        long[] entries = new long[1];
        set.count(0, new long[] {-10, 1500}, entries, new long[0], Scan.everything());
        assertThat(entries[0]).isEqualTo(expected.size());
        if (state == 0) {
          opened.flusher.flushAll();
        } else {
          opened.merge.compact();
        }
      }
    }
  }

  private static void checkGolden(byte[] golden) {
    ObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("golden", ByteBuffer.wrap(golden));
    List<String> read = new ArrayList<>();
    LogBlock.open(objects, "golden")
        .select(
            List.of(Matcher.equal("app", "api")),
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            (labels, pages) -> {
              EntryCursor cursor =
                  new MergeCursor(
                      List.of(pages),
                      Long.MIN_VALUE,
                      Long.MAX_VALUE,
                      Direction.FORWARD,
                      PageScan.EVERYTHING);
              while (cursor.next()) {
                read.add(
                    labels
                        + " "
                        + cursor.timestamp()
                        + " "
                        + new String(
                            cursor.lineArray(),
                            cursor.lineStart(),
                            cursor.lineEnd() - cursor.lineStart(),
                            StandardCharsets.UTF_8)
                        + " "
                        + cursor.metadata());
              }
            });
    assertThat(read)
        .containsExactly(
            "{app=\"api\", level=\"error\"} 1 hello {k=\"v\"}",
            "{app=\"api\", level=\"error\"} 2  {}");
  }
}
