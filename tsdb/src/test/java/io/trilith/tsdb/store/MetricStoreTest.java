package io.trilith.tsdb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
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
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesLimits;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import io.trilith.tsdb.block.MetricBlock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricStoreTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));
  private static final TenantId TENANT = new TenantId("team-a");
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));

  /** Every head is over its limit at once. */
  private static final HeadConfig TINY =
      new HeadConfig(
          ByteSize.parse("1B"),
          Duration.ofHours(2),
          ByteSize.parse("1B"),
          ByteSize.parse("192MiB"));

  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.parse("1MiB"),
          ByteSize.parse("256MiB"),
          ByteSize.parse("1GiB"));

  @TempDir Path directory;

  /** A store with everything below it, opened as the server does. Not closed: that is a kill. */
  private final class Opened {
    final SplittableRandom random = new SplittableRandom();
    final ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    final Catalog catalog = new Catalog(objects, CLOCK, random);
    final LocalLog wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    final MetricStore store;
    final Flusher flusher;
    final BlockMerge merge;

    Opened(Duration keep) {
      this(keep, HEAD);
    }

    /** Flushes after each record that is read back, if the heads are over their limits. */
    Opened(Duration keep, HeadConfig head) {
      DataAge age =
          new DataAge(new RetentionConfig(keep, Duration.ofHours(1), Duration.ZERO), CLOCK);
      store =
          new MetricStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              age,
              new CacheConfig(ByteSize.parse("1MiB")),
              CLOCK,
              () -> BlockId.create(CLOCK, random));
      merge = new BlockMerge(store, catalog, objects, () -> BlockId.create(CLOCK, random), CLOCK);
      store.blocksChanged(catalog.state());
      flusher =
          new Flusher(head, WAL, wal, catalog, CLOCK, () -> List.<Flushable>copyOf(store.heads()));
      CatalogState state = catalog.state();
      wal.read(
          0,
          (offset, signal, tenant, payload) -> {
            if (offset >= state.covered(signal, tenant)) {
              store.replay(offset, tenant, payload);
              flusher.flushDue();
            }
          });
      flusher.replayed();
    }
  }

  private static MetricBatch one(Labels labels, long time, double value) {
    MetricBatch batch = new MetricBatch();
    batch.addSample(batch.addSeries(labels), time, 0, value);
    return batch;
  }

  private static TreeMap<Long, String> read(MetricStore store, TenantId tenant, Labels labels) {
    List<Matcher> matchers = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      matchers.add(Matcher.equal(labels.name(i), labels.value(i)));
    }
    try (SeriesReader reader = store.reader(tenant)) {
      return read(reader.select(matchers, Long.MIN_VALUE, Long.MAX_VALUE), labels);
    }
  }

  private static TreeMap<Long, String> read(SeriesSet set, Labels labels) {
    TreeMap<Long, String> samples = new TreeMap<>();
    SampleBuffer buffer = new SampleBuffer();
    for (int i = 0; i < set.size(); i++) {
      if (set.labels(i).equals(labels)) {
        set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        for (int at = 0; at < buffer.size(); at++) {
          NativeHistogram histogram = buffer.histogram(at);
          samples.put(
              buffer.timestamps()[at],
              histogram == null ? Double.toString(buffer.values()[at]) : "h" + histogram.sum());
        }
      }
    }
    return samples;
  }

  @Test
  void findsWhatWasAppendedInHeadBlockAndAfterAKill() {
    Labels up = Labels.of(Labels.NAME, "up", "job", "api");
    Opened first = new Opened(Duration.ZERO);
    first.store.append(TENANT, one(up, 1000, 1));
    first.flusher.flushAll();
    first.store.append(TENANT, one(up, 2000, 2));
    assertThat(read(first.store, TENANT, up))
        .containsOnly(Map.entry(1000L, "1.0"), Map.entry(2000L, "2.0"));
    Opened second = new Opened(Duration.ZERO);
    assertThat(read(second.store, TENANT, up))
        .containsOnly(Map.entry(1000L, "1.0"), Map.entry(2000L, "2.0"));
    assertThat(read(second.store, new TenantId("other"), up)).isEmpty();
  }

  @Test
  void refusesWhatIsOlderThanTheRetentionAndKeepsTheRest() {
    Opened opened = new Opened(Duration.ofDays(15));
    long now = CLOCK.millis();
    MetricBatch batch = new MetricBatch();
    int series = batch.addSeries(Labels.of(Labels.NAME, "m"));
    batch.addSample(series, now - Duration.ofDays(16).toMillis(), 0, 1);
    batch.addSample(series, now, 0, 2);
    batch.addSample(series, now + Duration.ofHours(2).toMillis(), 0, 3);
    MetricAppender.AppendResult result = opened.store.append(TENANT, batch);
    assertThat(result.accepted()).isEqualTo(1);
    assertThat(result.rejected()).isEqualTo(2);
    assertThat(result.reason()).contains("retention.default = 15d").contains("m");
    assertThat(read(opened.store, TENANT, Labels.of(Labels.NAME, "m"))).hasSize(1);
  }

  @Test
  void tellsWhichSamplesOfABatchAnotherOneTookThePlaceOf() {
    Opened opened = new Opened(Duration.ZERO);
    Labels up = Labels.of(Labels.NAME, "up");
    MetricBatch batch = new MetricBatch();
    int first = batch.addSeries(up);
    int second = batch.addSeries(Labels.of(Labels.NAME, "up"));
    int other = batch.addSeries(Labels.of(Labels.NAME, "other"));
    batch.addSample(first, 1000, 0, 1);
    batch.addSample(other, 1000, 0, 1);
    batch.addSample(second, 1000, 0, 2);
    batch.addSample(second, 2000, 0, 5);
    batch.addSample(first, 2000, 0, 5);
    batch.addSample(first, 500, 0, 5);
    batch.addSample(second, 500, 0, 6);
    batch.addSample(second, 500, 0, 7);
    assertThat(opened.store.append(TENANT, batch).overwritten())
        .containsExactly(
            new MetricAppender.Overwritten(first, 1000, false),
            new MetricAppender.Overwritten(first, 500, false),
            new MetricAppender.Overwritten(second, 500, false));
    assertThat(read(opened.store, TENANT, up))
        .containsOnly(Map.entry(500L, "7.0"), Map.entry(1000L, "2.0"), Map.entry(2000L, "5.0"));
  }

  @Test
  void tellsWhichSamplesOfBatchesBeforeOneTookThePlaceOf() {
    Opened opened = new Opened(Duration.ZERO);
    Labels up = Labels.of(Labels.NAME, "up");
    for (long time = 1000; time <= 100_000; time += 1000) {
      // Three replicas at the same moments, and a retry of the last one.
      assertThat(opened.store.append(TENANT, one(up, time, 1)).overwritten()).isEmpty();
      for (double value : new double[] {2, 3.5}) {
        assertThat(opened.store.append(TENANT, one(up, time, value)).overwritten())
            .containsExactly(new MetricAppender.Overwritten(0, time, true));
      }
      assertThat(opened.store.append(TENANT, one(up, time, 3.5)).overwritten()).isEmpty();
    }
    assertThat(read(opened.store, TENANT, up)).hasSize(100).containsValue("3.5");
    assertThat(opened.store.append(TENANT, one(up, 100_500, 4)).overwritten()).isEmpty();
    assertThat(opened.store.append(TENANT, one(up, 100_250, 4)).overwritten()).isEmpty();
    assertThat(opened.store.append(TENANT, one(up, 100_250, 5)).overwritten()).hasSize(1);
  }

  @Test
  void tellsOfHistogramsThatTookThePlaceOfWhatBatchesBeforeHad() {
    Opened opened = new Opened(Duration.ZERO);
    Labels h = Labels.of(Labels.NAME, "h");
    opened.store.append(TENANT, one(h, 1000, 1));
    assertThat(lostToHistogram(opened, h, 3)).isEqualTo(1);
    assertThat(lostToHistogram(opened, h, 4)).isEqualTo(1);
    assertThat(lostToHistogram(opened, h, 4)).isZero();
    assertThat(opened.store.append(TENANT, one(h, 1000, 1)).overwritten()).hasSize(1);
  }

  private static int lostToHistogram(Opened opened, Labels h, int count) {
    MetricBatch batch = new MetricBatch();
    batch.addSample(batch.addSeries(Labels.of(Labels.NAME, "other")), 1000, 0, 7);
    batch.addHistogram(batch.addSeries(h), 1000, 0, histogram(count));
    return opened.store.append(TENANT, batch).overwritten().size();
  }

  @Test
  void tellsOfHistogramsThatMeetFloatsAndOtherHistograms() {
    Opened opened = new Opened(Duration.ZERO);
    MetricBatch batch = new MetricBatch();
    int series = batch.addSeries(Labels.of(Labels.NAME, "h"));
    batch.addSample(series, 1000, 0, 1);
    batch.addHistogram(series, 1000, 0, histogram(3));
    batch.addHistogram(series, 2000, 0, histogram(3));
    batch.addHistogram(series, 2000, 0, histogram(3));
    batch.addHistogram(series, 2000, 0, histogram(4));
    assertThat(opened.store.append(TENANT, batch).overwritten())
        .containsExactly(
            new MetricAppender.Overwritten(series, 1000, false),
            new MetricAppender.Overwritten(series, 2000, false));
  }

  @Test
  void seriesBeyondTheLimitAreRefusedOneByOneAndThoseKnownGoOn() {
    Opened opened = new Opened(Duration.ZERO);
    opened.store.limitSeries(_ -> new SeriesLimits(2, 3, Duration.ofHours(1)));
    for (int series = 0; series < 2; series++) {
      opened.store.append(TENANT, one(Labels.of(Labels.NAME, "m", "n", "" + series), 1000, 1));
    }
    MetricBatch batch = new MetricBatch();
    for (int series = 0; series < 4; series++) {
      int number = batch.addSeries(Labels.of(Labels.NAME, "m", "n", "" + series));
      batch.addSample(number, 2000, 0, 2);
      batch.addExemplar(number, new Exemplar(Labels.of("trace_id", "abc"), 0.7, 2000));
    }
    MetricAppender.AppendResult result = opened.store.append(TENANT, batch);
    assertThat(result.samples()).isEqualTo(2);
    assertThat(result.rejected()).isEqualTo(2);
    assertThat(result.reason()).contains("limits.max-global-series-per-user = 2", "n=\"2\"");
    try (SeriesReader reader = opened.store.reader(TENANT)) {
      assertThat(reader.labelValues("n", List.of(), 0, 5000)).containsExactly("0", "1");
    }
    TenantId other = new TenantId("other");
    assertThat(opened.store.append(other, one(Labels.of(Labels.NAME, "m"), 1000, 1)).rejected())
        .isZero();
  }

  @Test
  void keepsExemplarsAndMetadataThroughFlushAndRestart() {
    Labels series = Labels.of(Labels.NAME, "latency_bucket", "le", "1");
    Opened opened = new Opened(Duration.ZERO);
    MetricBatch batch = one(series, 1000, 1);
    Exemplar exemplar = new Exemplar(Labels.of("trace_id", "abc"), 0.7, 990);
    batch.addExemplar(0, exemplar);
    batch.addMetadata("latency", new MetricMetadata(MetricMetadata.Type.HISTOGRAM, "s", "help"));
    opened.store.append(TENANT, batch);
    opened.flusher.flushAll();
    opened.store.append(TENANT, batch);
    Opened again = new Opened(Duration.ZERO);
    try (SeriesReader reader = again.store.reader(TENANT)) {
      assertThat(reader.exemplars(List.of(List.of(Matcher.equal("le", "1"))), 0, 2000))
          .containsOnly(Map.entry(series, List.of(exemplar)));
      assertThat(reader.metadata()).containsKey("latency");
      assertThat(reader.labelNames(List.of(), 0, 2000)).containsExactly(Labels.NAME, "le");
      assertThat(reader.labelValues("le", List.of(), 0, 2000)).containsExactly("1");
      assertThat(reader.series(List.of(), 0, 2000)).containsExactly(series);
    }
  }

  @Test
  void equalsANaiveModelUnderRandomWritesFlushesMergesAndKills() {
    SplittableRandom random =
        Seeds.random("equalsANaiveModelUnderRandomWritesFlushesMergesAndKills");
    Map<TenantId, Map<Labels, TreeMap<Long, String>>> model = new HashMap<>();
    List<Pending> pending = new ArrayList<>();
    Opened opened = new Opened(Duration.ZERO);
    for (int step = 0; step < Seeds.iterations(3000); step++) {
      TenantId tenant = new TenantId("t" + random.nextInt(3));
      MetricBatch batch = new MetricBatch();
      for (int n = random.nextInt(1, 20); n > 0; n--) {
        Labels labels =
            Labels.of(Labels.NAME, "m" + random.nextInt(4), "i", "" + random.nextInt(5));
        long time = random.nextInt(4) == 0 ? random.nextLong(-500, 500) : step * 10L + n;
        int series = batch.addSeries(labels);
        String text;
        if (random.nextInt(6) == 0) {
          double sum = random.nextInt(1000);
          batch.addHistogram(series, time, 0, histogram(sum));
          text = "h" + sum;
        } else {
          double value = random.nextInt(20) == 0 ? StaleMarker.VALUE : random.nextInt(100) / 4.0;
          batch.addSample(series, time, 0, value);
          text = Double.toString(value);
        }
        // A batch stores its floats before its histograms, so between the two kinds a histogram
        // wins.
        TreeMap<Long, String> samples =
            model
                .computeIfAbsent(tenant, t -> new HashMap<>())
                .computeIfAbsent(labels, l -> new TreeMap<>());
        pendingPut(samples, time, text);
        pending.add(new Pending(samples, time));
      }
      pending.forEach(MetricStoreTest::settle);
      pending.clear();
      opened.store.append(tenant, batch);
      if (random.nextInt(150) == 0) {
        opened.flusher.flushAll();
      }
      if (random.nextInt(300) == 0) {
        opened.merge.run();
      }
      if (random.nextInt(1000) == 0) {
        check(model, opened);
      }
      if (random.nextInt(400) == 0) {
        opened = new Opened(Duration.ZERO, random.nextBoolean() ? HEAD : TINY);
      }
    }
    check(model, opened);
    opened = new Opened(Duration.ZERO, TINY);
    check(model, opened);
    opened.merge.run();
    check(model, opened);
    assertThat(opened.catalog.state().blocks(Signal.METRICS, new TenantId("t0"))).isNotEmpty();
  }

  private static void check(
      Map<TenantId, Map<Labels, TreeMap<Long, String>>> model, Opened opened) {
    model.forEach(
        (tenant, all) ->
            all.forEach(
                (labels, samples) ->
                    assertThat(read(opened.store, tenant, labels))
                        .as(tenant + " " + labels)
                        .isEqualTo(samples)));
  }

  /**
   * Marks a value of the running batch with '+': among those of one batch histograms win over
   * floats.
   */
  private static void pendingPut(TreeMap<Long, String> samples, long time, String text) {
    String before = samples.get(time);
    boolean keepsHistogram = before != null && before.startsWith("+h") && !text.startsWith("h");
    if (!keepsHistogram) {
      samples.put(time, "+" + text);
    }
  }

  /** A time of a series that the running batch wrote. */
  private record Pending(TreeMap<Long, String> samples, long time) {}

  private static void settle(Pending pending) {
    pending.samples.computeIfPresent(
        pending.time, (time, text) -> text.startsWith("+") ? text.substring(1) : text);
  }

  private static byte[] writtenBlock(Opened opened) {
    Labels series = Labels.of(Labels.NAME, "m", "job", "api");
    MetricBatch batch = new MetricBatch();
    int number = batch.addSeries(series);
    batch.addSample(number, 1000, 0, 1.5);
    batch.addSample(number, 2000, 0, 2);
    batch.addHistogram(number, 3000, 0, histogram(7));
    batch.addExemplar(number, new Exemplar(Labels.of("trace_id", "abc"), 1.5, 1000));
    batch.addMetadata("m", new MetricMetadata(MetricMetadata.Type.GAUGE, "s", "help"));
    opened.store.append(TENANT, batch);
    opened.flusher.flushAll();
    ByteBuffer bytes =
        opened.objects.read(
            opened.catalog.state().blocks(Signal.METRICS, TENANT).getFirst().objectName());
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  /** Everything a block says, as text. */
  private static List<String> contents(byte[] bytes) {
    ObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("b", ByteBuffer.wrap(bytes));
    MetricBlock block = MetricBlock.open(objects, "b");
    List<String> contents = new ArrayList<>();
    block.select(
        List.of(Matcher.equal("job", "api")),
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        (labels, samples) -> {
          SampleBuffer buffer = new SampleBuffer();
          samples.addTo(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
          buffer.sortAndKeepLast();
          for (int i = 0; i < buffer.size(); i++) {
            NativeHistogram native1 = buffer.histogram(i);
            contents.add(
                labels
                    + " "
                    + buffer.timestamps()[i]
                    + " "
                    + (native1 == null ? "" + buffer.values()[i] : "sum " + native1.sum()));
          }
        });
    block.exemplars(
        List.of(),
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        (series, exemplar) -> contents.add(exemplar.labels() + " " + exemplar.value()));
    block.metadata().forEach((metric, entry) -> contents.add(metric + " " + entry.help()));
    return contents;
  }

  @Test
  void aBlockOfVersion2DecodesForEver() {
    byte[] golden =
        Golden.bytes("tsdb", "metric-block-2.bin", writtenBlock(new Opened(Duration.ZERO)));
    assertThat(contents(golden))
        .containsExactly(
            "{__name__=\"m\", job=\"api\"} 1000 1.5",
            "{__name__=\"m\", job=\"api\"} 2000 2.0",
            "{__name__=\"m\", job=\"api\"} 3000 sum 7.0",
            "{trace_id=\"abc\"} 1.5",
            "m help");
  }

  @Test
  void refusesABlockOfVersion1() {
    byte[] old = Golden.bytes("tsdb", "metric-block.bin", new byte[0]);
    assertThatThrownBy(() -> contents(old))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("version 1");
  }

  @Test
  void findsEveryFlippedBitAndEveryTruncationOfABlock() {
    byte[] good = writtenBlock(new Opened(Duration.ZERO));
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> contents(bad))
          .as("bit %d", bit)
          .isInstanceOf(StorageException.Corrupt.class);
    }
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> contents(cut)).isInstanceOf(StorageException.Corrupt.class);
    }
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
}
