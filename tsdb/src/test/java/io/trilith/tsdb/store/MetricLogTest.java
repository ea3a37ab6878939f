package io.trilith.tsdb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The claims of {@code docs/decisions/0002-metric-ingest.md}. */
class MetricLogTest {
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private final InstantSource clock = () -> now;
  private static final TenantId TENANT = new TenantId("a");
  private static final ByteSize LARGE = ByteSize.parse("192MiB");
  private static final ByteSize NONE = ByteSize.parse("1B");
  private static final HeadConfig HEAD = new HeadConfig(LARGE, Duration.ofHours(2), LARGE, LARGE);

  /** Flushes whatever may be flushed whenever it is asked. */
  private static final HeadConfig TINY = new HeadConfig(NONE, Duration.ofHours(2), NONE, LARGE);

  private static final WalConfig WAL =
      new WalConfig(WalConfig.Sync.ALWAYS, Duration.ofSeconds(1), LARGE, LARGE, LARGE);

  private final ObjectStore objects = new MemoryObjectStore();
  private final SplittableRandom random = Seeds.random("MetricLogTest");

  /** A log in memory: what is durable stays, the rest is lost with the process. */
  private static final class MemoryLog implements Log {
    final TreeMap<Long, byte[]> durable = new TreeMap<>();
    final Map<Long, TenantId> tenants = new HashMap<>();
    boolean full;
    boolean broken;
    private long next;

    @Override
    public Ticket append(Signal signal, TenantId tenant, ByteBuffer payload) {
      if (full) {
        throw LimitExceededException.busy("full");
      }
      byte[] copy = new byte[payload.remaining()];
      payload.duplicate().get(copy);
      long offset = next++;
      boolean lost = broken;
      if (!lost) {
        durable.put(offset, copy);
        tenants.put(offset, tenant);
      }
      return new Ticket() {
        @Override
        public long offset() {
          return offset;
        }

        @Override
        public void awaitDurable() {
          if (lost) {
            throw new StorageException.Unavailable("broken", new IOException("broken"));
          }
        }
      };
    }

    @Override
    public long oldest() {
      return durable.isEmpty() ? next : durable.firstKey();
    }

    @Override
    public void seal(long below) {}

    @Override
    public void read(long from, RecordReader reader) {
      new TreeMap<>(durable.tailMap(from))
          .forEach(
              (offset, record) ->
                  reader.accept(
                      offset,
                      Signal.METRICS,
                      tenants.getOrDefault(offset, TENANT),
                      ByteBuffer.wrap(record)));
    }

    @Override
    public long next() {
      return next;
    }

    @Override
    public void trim(long below) {
      durable.headMap(below).clear();
    }

    @Override
    public LogStats stats() {
      return new LogStats(0, 1, 0, 0, 0);
    }

    @Override
    public void close() {}
  }

  private final MemoryLog wal = new MemoryLog();

  /** A store on the log and the objects that are there. */
  private final class Opened {
    final Catalog catalog = new Catalog(objects, clock, random.split());
    final MetricStore store;
    final Flusher flusher;

    Opened(HeadConfig head) {
      SplittableRandom ids = random.split();
      store =
          new MetricStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              new DataAge(
                  new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock),
              new CacheConfig(ByteSize.parse("1MiB")),
              clock,
              () -> BlockId.create(clock, ids));
      store.blocksChanged(catalog.state());
      flusher =
          new Flusher(head, WAL, wal, catalog, clock, () -> List.<Flushable>copyOf(store.heads()));
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

    Map<String, List<String>> contents() {
      return contents(TENANT);
    }

    Map<String, List<String>> contents(TenantId tenant) {
      Map<String, List<String>> all = new TreeMap<>();
      try (SeriesReader reader = store.reader(tenant)) {
        SeriesSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
        SampleBuffer buffer = new SampleBuffer();
        for (int i = 0; i < set.size(); i++) {
          set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
          List<String> samples = new ArrayList<>();
          for (int at = 0; at < buffer.size(); at++) {
            samples.add(
                buffer.timestamps()[at]
                    + "="
                    + buffer.values()[at]
                    + "<"
                    + buffer.startTimestamp(at));
          }
          all.put(set.labels(i).get(Labels.NAME), samples);
        }
        return all;
      }
    }
  }

  private byte[] record(long offset) {
    return Objects.requireNonNull(wal.durable.get(offset));
  }

  private static MetricBatch batch(long time, double value, String... names) {
    MetricBatch batch = new MetricBatch();
    for (String name : names) {
      batch.addSample(batch.addSeries(Labels.of(Labels.NAME, name, "job", "api")), time, 0, value);
    }
    return batch;
  }

  @Test
  void aRecordNamesKnownSeriesByNumber() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1000, 1, "first_metric", "second_metric"));
    opened.store.append(TENANT, batch(2000, 2, "second_metric", "first_metric"));
    assertThat(new String(record(0), StandardCharsets.ISO_8859_1)).contains("first_metric");
    assertThat(record(1)).hasSizeLessThan(20);
    assertThat(new Opened(HEAD).contents()).isEqualTo(opened.contents());
  }

  @Test
  void theDocumentedRecordsAreRead() {
    Opened opened = new Opened(HEAD);
    byte[] second =
        HexFormat.of().parseHex("020500010f0a0d0a085f5f6e616d655f5f12016d010003020600" + "0000");
    opened.store.replay(5, TENANT, ByteBuffer.wrap(second));
    ByteWriter first = new ByteWriter();
    first.putByte(1);
    first.putVarint(2);
    first.putString(Labels.NAME);
    first.putString("old");
    first.putBytes(new byte[] {1, 1, 0, 1, 1, 0, 4, 0});
    first.putDouble(1.5);
    first.putBytes(new byte[] {0, 0, 0});
    opened.store.replay(6, TENANT, first.view());
    assertThat(opened.contents())
        .containsOnly(Map.entry("m", List.of("1=3.0<0")), Map.entry("old", List.of("2=1.5<0")));
  }

  @Test
  void valuesTimesAndStartsComeBackBitForBit() {
    Opened opened = new Opened(HEAD);
    for (int round = 0; round < Seeds.iterations(200); round++) {
      MetricBatch batch = new MetricBatch();
      boolean starts = random.nextBoolean();
      for (int i = random.nextInt(1, 10); i > 0; i--) {
        double value =
            switch (random.nextInt(4)) {
              case 0 -> random.nextInt(-1000, 1000);
              case 1 -> Double.longBitsToDouble(random.nextLong());
              case 2 -> -0.0;
              default -> random.nextLong() >> random.nextInt(64);
            };
        batch.addSample(
            batch.addSeries(Labels.of(Labels.NAME, "m" + random.nextInt(20))),
            random.nextLong(),
            starts ? random.nextLong() : 0,
            value);
      }
      opened.store.append(TENANT, batch);
    }
    assertThat(new Opened(HEAD).contents()).isEqualTo(opened.contents());
  }

  @Test
  void definitionsOutliveTrimsAndRestarts() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a", "b"));
    opened.flusher.flushAll();
    assertThat(wal.durable).isEmpty();
    opened.store.append(TENANT, batch(2, 2, "b", "c"));
    opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(3, 3, "a", "b", "c"));
    opened = new Opened(TINY);
    opened.store.append(TENANT, batch(4, 4, "c"));
    opened = new Opened(HEAD);
    assertThat(opened.contents())
        .containsEntry("a", List.of("1=1.0<0", "3=3.0<0"))
        .containsEntry("b", List.of("1=1.0<0", "2=2.0<0", "3=3.0<0"))
        .containsEntry("c", List.of("2=2.0<0", "3=3.0<0", "4=4.0<0"));
  }

  private static long seriesKnown(Opened opened) {
    try (SeriesReader reader = opened.store.reader(TENANT)) {
      return reader.cardinality(1).series();
    }
  }

  @Test
  void anIdleTenantForgetsItsSeriesAndDefinesThemAnew() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a", "b"));
    now = now.plus(HEAD.idleAge());
    opened.flusher.flushDue();
    assertThat(seriesKnown(opened)).as("not flushed").isEqualTo(2);
    opened.flusher.flushAll();
    opened.store.append(TENANT, batch(2, 2, "a", "b"));
    opened.flusher.flushAll();
    now = now.plus(HEAD.idleAge()).minusMillis(1);
    opened.flusher.flushDue();
    assertThat(seriesKnown(opened)).as("not idle for long enough").isEqualTo(2);
    now = now.plusMillis(1);
    opened.flusher.flushDue();
    assertThat(seriesKnown(opened)).isZero();
    opened.flusher.flushDue();
    Map<String, List<String>> flushed = opened.contents();
    assertThat(flushed).containsEntry("a", List.of("1=1.0<0", "2=2.0<0"));

    assertThat(new Opened(HEAD).contents()).isEqualTo(flushed);
    opened = new Opened(HEAD);
    opened.flusher.flushDue();
    opened.store.append(TENANT, batch(3, 3, "b", "c"));
    opened.store.append(TENANT, batch(4, 4, "c", "b"));
    opened = new Opened(HEAD);
    assertThat(opened.contents())
        .containsEntry("a", List.of("1=1.0<0", "2=2.0<0"))
        .containsEntry("b", List.of("1=1.0<0", "2=2.0<0", "3=3.0<0", "4=4.0<0"))
        .containsEntry("c", List.of("3=3.0<0", "4=4.0<0"));

    // Read back, flushed, idle: what the log was read with goes too.
    opened.flusher.flushAll();
    now = now.plus(HEAD.idleAge());
    opened.flusher.flushDue();
    assertThat(seriesKnown(opened)).isZero();
    opened.store.append(TENANT, batch(5, 5, "c", "a"));
    assertThat(new Opened(TINY).contents())
        .containsEntry("a", List.of("1=1.0<0", "2=2.0<0", "5=5.0<0"))
        .containsEntry("c", List.of("3=3.0<0", "4=4.0<0", "5=5.0<0"));
  }

  @Test
  void aHeadIsNotSealedInsideOfAnEpochWhileTheLogIsReadBack() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a"));
    opened.store.append(TENANT, batch(2, 2, "a"));
    Opened flushing = new Opened(TINY);
    assertThat(flushing.catalog.state().blocks(Signal.METRICS, TENANT)).isEmpty();
    flushing.flusher.flushDue();
    assertThat(flushing.catalog.state().blocks(Signal.METRICS, TENANT)).hasSize(1);
    assertThat(new Opened(TINY).contents()).containsEntry("a", List.of("1=1.0<0", "2=2.0<0"));
  }

  @Test
  void whatAFullLogRefusedIsDefinedByTheNextRecord() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a"));
    wal.full = true;
    assertThatThrownBy(() -> opened.store.append(TENANT, batch(2, 2, "b")))
        .isInstanceOf(LimitExceededException.class);
    wal.full = false;
    opened.store.append(TENANT, batch(3, 3, "a", "b"));
    assertThat(new Opened(HEAD).contents())
        .containsEntry("a", List.of("1=1.0<0", "3=3.0<0"))
        .containsEntry("b", List.of("3=3.0<0"));
  }

  @Test
  void nothingIsAckedWhoseDefinitionIsNotDurable() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a"));
    wal.broken = true;
    assertThatThrownBy(() -> opened.store.append(TENANT, batch(2, 2, "b")))
        .isInstanceOf(StorageException.Unavailable.class);
    wal.broken = false;
    opened.store.append(TENANT, batch(3, 3, "b"));
    assertThat(new Opened(HEAD).contents()).containsEntry("b", List.of("3=3.0<0"));
  }

  @Test
  void damageOfADefinitionNeverGivesASampleToAnotherSeries() {
    Opened opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(1, 1, "a"));
    opened.store.append(TENANT, batch(2, 2, "b"));
    opened.store.append(TENANT, batch(3, 3, "a", "b"));
    wal.durable.remove(1L);
    assertThat(new Opened(HEAD).contents())
        .containsOnly(Map.entry("a", List.of("1=1.0<0", "3=3.0<0")));
    wal.durable.remove(0L);
    opened = new Opened(HEAD);
    opened.store.append(TENANT, batch(4, 4, "c"));
    assertThat(new Opened(HEAD).contents()).containsOnly(Map.entry("c", List.of("4=4.0<0")));
  }

  @Test
  void answersGarbageWithCorruptAndNothingElse() {
    Opened opened = new Opened(HEAD);
    MetricBatch batch = batch(1, 1.5, "a", "b");
    batch.addMetadata("a", new MetricMetadata(MetricMetadata.Type.GAUGE, "s", "help"));
    batch.addExemplar(0, new Exemplar(Labels.of("trace_id", "abc"), 1, 1));
    opened.store.append(TENANT, batch);
    byte[] good = record(0);
    MetricStore store = opened.store;
    for (int i = 0; i < Seeds.iterations(3000); i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      ByteBuffer record = ByteBuffer.wrap(bad, 0, random.nextInt(1, bad.length + 1));
      TenantId tenant = new TenantId("t" + i % 50);
      try {
        store.replay(i, tenant, record);
      } catch (StorageException.Corrupt e) {
        assertThat(e.getMessage()).contains("log record " + i);
      }
    }
  }

  @Test
  void equalsAModelWhateverFailsFlushesOrRestarts() {
    Map<TenantId, Map<String, TreeMap<Long, String>>> model = new HashMap<>();
    Opened opened = new Opened(HEAD);
    for (int step = 0; step < Seeds.iterations(3000); step++) {
      TenantId tenant = new TenantId("t" + random.nextInt(2));
      String[] names = new String[random.nextInt(1, 6)];
      for (int i = 0; i < names.length; i++) {
        names[i] = "m" + random.nextInt(12);
      }
      wal.full = random.nextInt(20) == 0;
      wal.broken = random.nextInt(20) == 0;
      boolean kept = true;
      try {
        opened.store.append(tenant, batch(step, step, names));
      } catch (LimitExceededException e) {
        kept = false;
      } catch (StorageException.Unavailable e) {
        // Its fate is unknown, so the sender sends it again.
        wal.full = false;
        wal.broken = false;
        opened.store.append(tenant, batch(step, step, names));
      }
      wal.full = false;
      wal.broken = false;
      if (kept) {
        for (String name : names) {
          model
              .computeIfAbsent(tenant, t -> new TreeMap<>())
              .computeIfAbsent(name, n -> new TreeMap<>())
              .put((long) step, step + "=" + (double) step + "<0");
        }
      }
      int event = random.nextInt(100);
      if (event < 3) {
        opened.flusher.flushAll();
        if (random.nextBoolean()) {
          now = now.plus(HEAD.idleAge());
          opened.flusher.flushDue();
        }
      } else if (event < 8) {
        opened = new Opened(event < 5 ? HEAD : TINY);
      }
    }
    opened = new Opened(TINY);
    for (Map.Entry<TenantId, Map<String, TreeMap<Long, String>>> tenant : model.entrySet()) {
      Map<String, List<String>> expected = new TreeMap<>();
      tenant.getValue().forEach((name, all) -> expected.put(name, List.copyOf(all.values())));
      assertThat(opened.contents(tenant.getKey())).isEqualTo(expected);
    }
  }
}
