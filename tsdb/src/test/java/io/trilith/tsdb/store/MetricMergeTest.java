package io.trilith.tsdb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricMergeTest {
  private static final Instant START = Instant.parse("2026-11-21T00:00:00Z");
  private static final TenantId TENANT = new TenantId("team-a");
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
  private final Failing objects = new Failing(new MemoryObjectStore());
  private final SplittableRandom random = Seeds.random("MetricMergeTest");
  private Instant now = START;
  private final InstantSource clock = () -> now;
  private int opened;

  /** The stores over the objects; each has a log of its own, so only what is flushed stays. */
  private final class Opened {
    final Catalog catalog = new Catalog(objects, clock, random.split());
    final LocalLog wal =
        new LocalLog(directory.resolve("log" + opened++), WAL, catalog.state().coveredMax());
    final MetricStore store;
    final Flusher flusher;
    final BlockMerge merge;

    Opened() {
      SplittableRandom ids = random.split();
      DataAge age =
          new DataAge(
              new RetentionConfig(Duration.ofDays(10), Duration.ofHours(1), Duration.ZERO), clock);
      store =
          new MetricStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              age,
              new CacheConfig(ByteSize.parse("1MiB")),
              clock,
              () -> BlockId.create(clock, ids));
      store.blocksChanged(catalog.state());
      flusher =
          new Flusher(HEAD, WAL, wal, catalog, clock, () -> List.<Flushable>copyOf(store.heads()));
      flusher.replayed();
      merge = new BlockMerge(store, catalog, objects, () -> BlockId.create(clock, ids), clock);
    }

    List<BlockEntry> blocks() {
      return catalog.state().blocks(Signal.METRICS, TENANT);
    }
  }

  /** Fails, once told to, at the n-th call that changes something. */
  private static final class Failing implements ObjectStore {
    private final ObjectStore inner;
    private int left = Integer.MAX_VALUE;

    Failing(ObjectStore inner) {
      this.inner = inner;
    }

    private void step() {
      if (left-- == 0) {
        left = Integer.MAX_VALUE;
        throw new StorageException.Unavailable("test", new IOException("told to fail"));
      }
    }

    @Override
    public ObjectOutput create(String name) {
      step();
      ObjectOutput out = inner.create(name);
      return new ObjectOutput() {
        @Override
        public String name() {
          return name;
        }

        @Override
        public void write(ByteBuffer bytes) {
          step();
          out.write(bytes);
        }

        @Override
        public long position() {
          return out.position();
        }

        @Override
        public void commit() {
          step();
          out.commit();
        }

        @Override
        public void close() {
          out.close();
        }
      };
    }

    @Override
    public boolean createIfAbsent(String name, ByteBuffer content) {
      step();
      return inner.createIfAbsent(name, content);
    }

    @Override
    public ByteBuffer read(String name) {
      return inner.read(name);
    }

    @Override
    public ByteBuffer readRange(String name, long offset, int length) {
      return inner.readRange(name, offset, length);
    }

    @Override
    public Tail readTail(String name, int length) {
      return inner.readTail(name, length);
    }

    @Override
    public List<Entry> list(String prefix) {
      return inner.list(prefix);
    }

    @Override
    public void delete(String name) {
      step();
      inner.delete(name);
    }
  }

  /** What a store should hold. */
  private final class Model {
    final Map<Labels, TreeMap<Long, String>> samples = new TreeMap<>();
    final TreeSet<String> exemplars = new TreeSet<>();
    final Map<String, String> help = new TreeMap<>();

    void write(Opened into, int count) {
      MetricBatch batch = new MetricBatch();
      for (int i = 0; i < count; i++) {
        int number = random.nextInt(12);
        Labels labels = Labels.of(Labels.NAME, "m" + number % 3, "n", "" + number);
        int series = batch.addSeries(labels);
        long time = now.toEpochMilli() - random.nextInt(400) * 15_000L;
        long start = random.nextInt(3) == 0 ? time - 77 : 0;
        double value = random.nextInt(1000) / 8.0;
        // Histograms in other batches than floats: a batch has no order between the two.
        batch.addSample(series, time, start, value);
        samples.computeIfAbsent(labels, l -> new TreeMap<>()).put(time, value + "@" + start);
        if (random.nextInt(50) == 0) {
          Exemplar exemplar = new Exemplar(Labels.of("trace_id", "t" + random.nextLong()), 1, time);
          batch.addExemplar(series, exemplar);
          exemplars.add(labels + " " + exemplar);
        }
      }
      String text = "help " + random.nextInt(100);
      batch.addMetadata("m1", new MetricMetadata(MetricMetadata.Type.GAUGE, "", text));
      help.put("m1", text);
      into.store.append(TENANT, batch);
    }

    void writeHistograms(Opened into, int count) {
      MetricBatch batch = new MetricBatch();
      for (int i = 0; i < count; i++) {
        int number = random.nextInt(12);
        Labels labels = Labels.of(Labels.NAME, "m" + number % 3, "n", "" + number);
        long time = now.toEpochMilli() - random.nextInt(400) * 15_000L;
        double sum = random.nextInt(1000);
        batch.addHistogram(batch.addSeries(labels), time, 0, histogram(sum));
        samples.computeIfAbsent(labels, l -> new TreeMap<>()).put(time, "h" + sum + "@0");
      }
      into.store.append(TENANT, batch);
    }

    void expire(long oldest) {
      samples.values().forEach(series -> series.headMap(oldest).clear());
      samples.values().removeIf(Map::isEmpty);
    }

    void check(Opened in) {
      try (SeriesReader reader = in.store.reader(TENANT)) {
        assertThat(contents(reader)).isEqualTo(samples);
        TreeSet<String> found = new TreeSet<>();
        reader
            .exemplars(List.of(), Long.MIN_VALUE, Long.MAX_VALUE)
            .forEach((labels, list) -> list.forEach(one -> found.add(labels + " " + one)));
        assertThat(found).isEqualTo(exemplars);
        Map<String, String> helps = new TreeMap<>();
        reader.metadata().forEach((metric, entry) -> helps.put(metric, entry.help()));
        assertThat(helps).isEqualTo(help);
      }
    }
  }

  private static Map<Labels, TreeMap<Long, String>> contents(SeriesReader reader) {
    return contents(reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE));
  }

  private static Map<Labels, TreeMap<Long, String>> contents(SeriesSet set) {
    Map<Labels, TreeMap<Long, String>> found = new TreeMap<>();
    SampleBuffer buffer = new SampleBuffer();
    for (int i = 0; i < set.size(); i++) {
      set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      TreeMap<Long, String> samples = new TreeMap<>();
      for (int at = 0; at < buffer.size(); at++) {
        NativeHistogram histogram = buffer.histogram(at);
        String value =
            histogram == null ? Double.toString(buffer.values()[at]) : "h" + histogram.sum();
        assertThat(samples.put(buffer.timestamps()[at], value + "@" + buffer.startTimestamp(at)))
            .isNull();
      }
      if (!samples.isEmpty()) {
        found.put(set.labels(i), samples);
      }
    }
    return found;
  }

  private static NativeHistogram histogram(double sum) {
    return new NativeHistogram(
        0,
        NativeHistogram.ResetHint.UNKNOWN,
        true,
        0.1,
        1,
        4,
        sum,
        new int[] {0},
        new int[] {2},
        new double[] {1, 2},
        new int[0],
        new int[0],
        new double[0],
        new double[0]);
  }

  /** Four blocks that overlap and contradict each other. */
  private Model fourBlocks(Opened into) {
    Model model = new Model();
    for (int block = 0; block < 4; block++) {
      model.write(into, 1500);
      if (random.nextBoolean()) {
        model.writeHistograms(into, 150);
      }
      if (random.nextBoolean()) {
        model.write(into, 100);
      }
      into.flusher.flushAll();
    }
    assertThat(into.blocks()).hasSize(4);
    return model;
  }

  @Test
  void aMergedBlockSaysWhatItsInputsSaidTheLaterWriteWinning() {
    Opened store = new Opened();
    Model model = fourBlocks(store);
    model.check(store);
    store.merge.run();
    assertThat(store.blocks()).hasSize(1);
    assertThat(store.blocks().getFirst().level()).isEqualTo(1);
    assertThat(objects.list("blocks/")).hasSize(1);
    model.check(store);
    model.check(new Opened());
    // What is written after a merge, and merged again, still comes after it.
    for (int i = 0; i < 6; i++) {
      model.write(store, 300);
      store.flusher.flushAll();
      store.merge.run();
      model.check(store);
    }
  }

  @Test
  void expiredSamplesAreHiddenAndStayInAMerge() {
    Opened store = new Opened();
    Model model = fourBlocks(store);
    model.exemplars.clear();
    now = START.plus(Duration.ofDays(10)).minus(Duration.ofMinutes(50));
    long oldest = now.minus(Duration.ofDays(10)).toEpochMilli();
    long first = store.blocks().stream().mapToLong(BlockEntry::minTime).min().orElseThrow();
    store.merge.run();
    model.expire(oldest);
    assertThat(store.blocks()).hasSize(1);
    BlockEntry merged = store.blocks().getFirst();
    assertThat(merged.minTime()).isEqualTo(first).isLessThan(oldest);
    try (SeriesReader reader = store.store.reader(TENANT)) {
      assertThat(contents(reader)).isEqualTo(model.samples);
    }
  }

  @Test
  void aMergeThatFailsAtAnyStepLosesNothing() {
    Opened store = new Opened();
    Model model = fourBlocks(store);
    for (int step = 0; step < 1000; step++) {
      objects.left = step;
      boolean failed = false;
      try {
        store.merge.run();
      } catch (StorageException.Unavailable e) {
        failed = true;
      }
      boolean allSteps = !failed && objects.left > 0 && objects.left != Integer.MAX_VALUE;
      objects.left = Integer.MAX_VALUE;
      model.check(store);
      model.check(new Opened());
      if (store.blocks().size() == 1) {
        store.merge.run();
        assertThat(objects.list(store.blocks().getFirst().objectName())).hasSize(1);
        if (allSteps) {
          return;
        }
        model = new Model();
        objects.list("").forEach(object -> objects.delete(object.name()));
        store = new Opened();
        model = fourBlocks(store);
      }
    }
    throw new AssertionError("a merge has no end");
  }

  @Test
  void aReaderKeepsWhatItReadsAndItsCloseDeletesIt() {
    Opened store = new Opened();
    Model model = fourBlocks(store);
    try (SeriesReader _ = store.store.reader(new TenantId("other"))) {
      try (SeriesReader reader = store.store.reader(TENANT)) {
        SeriesSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
        store.merge.run();
        assertThat(store.blocks()).hasSize(1);
        assertThat(objects.list("blocks/")).hasSize(5);
        assertThat(contents(set)).isEqualTo(model.samples);
        assertThat(contents(reader)).isEqualTo(model.samples);
      }
      assertThat(objects.list("blocks/")).hasSize(1);
    }
    model.check(store);
  }

  @Test
  void aMergeWhoseInputExpiredMeanwhileIsDropped() {
    Opened store = new Opened();
    fourBlocks(store);
    // Another writer of the catalog takes a block away behind this one's back.
    Opened second = new Opened();
    BlockEntry gone = second.blocks().getFirst();
    second.catalog.commit(List.of(), List.of(gone.id()), List.of());
    store.merge.run();
    assertThat(store.catalog.refresh().blocks()).hasSize(3).doesNotContainKey(gone.id());
    assertThat(objects.list("blocks/")).hasSize(4);
    try (SeriesReader reader = store.store.reader(TENANT)) {
      assertThat(reader.select(List.of(Matcher.equal("n", "1")), 0, Long.MAX_VALUE).size())
          .isEqualTo(1);
    }
  }

  @Test
  void blocksWhoseIndexesDoNotFitStayAsTheyAreAndNothingStaysBooked() {
    Opened opened = new Opened();
    Model model = fourBlocks(opened);
    MemoryShare little = new MemoryShare("memory.background", "merges", 10_000);
    opened.merge.within(little).compact();
    assertThat(opened.blocks()).hasSize(4);
    assertThat(little.used()).isZero();
    MemoryShare enough = new MemoryShare("memory.background", "merges", 10_000_000);
    opened.merge.within(enough).compact();
    assertThat(opened.blocks()).hasSize(1);
    assertThat(enough.used()).isZero();
    assertThat(enough.peak()).isGreaterThan(20_000);
    model.check(opened);
  }

  @Test
  void aDamagedBlockStaysApartAndTheOthersAreReadOn() {
    Opened store = new Opened();
    fourBlocks(store);
    BlockEntry bad = store.blocks().get(1);
    ByteBuffer bytes = objects.read(bad.objectName());
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    copy[100] ^= 1;
    objects.delete(bad.objectName());
    objects.createIfAbsent(bad.objectName(), ByteBuffer.wrap(copy));
    store.merge.run();
    assertThat(store.blocks()).hasSize(4);
    store.merge.run();
    assertThatThrownBy(
            () -> {
              try (SeriesReader reader = store.store.reader(TENANT)) {
                contents(reader);
              }
            })
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(bad.objectName());
  }
}
