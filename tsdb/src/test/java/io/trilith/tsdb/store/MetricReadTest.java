package io.trilith.tsdb.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions over several blocks and a head against a naive model. */
class MetricReadTest {
  private static final long NOW = Instant.parse("2026-11-21T00:00:00Z").toEpochMilli();
  private static final Duration KEPT = Duration.ofHours(10);
  private static final TenantId TENANT = new TenantId("a");
  private static final ByteSize LARGE = ByteSize.parse("192MiB");

  /** Their order in UTF-8 is not their order in UTF-16. */
  private static final String[] VALUES = {
    "a", "b", "api", "api-1", "é", "\uD83D\uDE00", "\uFFFF", "\uE000x", "x\ny", "10", "9"
  };

  private static final String[] PATTERNS = {".*", ".+", "a.*", "api|b", "", "api-[0-9]|", "x.y"};

  @TempDir Path directory;

  private final Map<Labels, TreeMap<Long, Double>> model = new TreeMap<>();

  private static Labels labels(SplittableRandom random) {
    Labels.Builder builder = new Labels.Builder();
    builder.set(Labels.NAME, "m" + random.nextInt(5));
    for (int left = random.nextInt(4); left > 0; left--) {
      builder.set("l" + random.nextInt(5), VALUES[random.nextInt(VALUES.length)]);
    }
    builder.set("number", "" + random.nextInt(40));
    return builder.build();
  }

  private static List<Matcher> selector(SplittableRandom random) {
    List<Matcher> matchers = new ArrayList<>();
    for (int left = random.nextInt(3); left > 0; left--) {
      String name =
          List.of(Labels.NAME, "number", "nowhere", "l1", "l2", "l3").get(random.nextInt(6));
      Matcher.Op op = Matcher.Op.values()[random.nextInt(4)];
      boolean regex = op == Matcher.Op.MATCH || op == Matcher.Op.NOT_MATCH;
      String value =
          switch (random.nextInt(3)) {
            case 0 -> regex ? PATTERNS[random.nextInt(PATTERNS.length)] : "";
            case 1 -> "m" + random.nextInt(5);
            default -> regex ? "[1-3].*" : VALUES[random.nextInt(VALUES.length)];
          };
      matchers.add(Matcher.of(name, op, value));
    }
    return matchers;
  }

  private static boolean matches(List<List<Matcher>> selectors, Labels labels) {
    return selectors.isEmpty()
        || selectors.stream().anyMatch(one -> one.stream().allMatch(m -> m.matches(labels)));
  }

  @Test
  void everyQuestionIsAnsweredAsByANaiveSearch() {
    SplittableRandom random = Seeds.random("MetricReadTest.everyQuestion");
    for (int round = 0; round < Seeds.iterations(12); round++) {
      model.clear();
      MetricStore store = filled(random, directory.resolve("log" + round));
      for (int question = 0; question < 60; question++) {
        List<List<Matcher>> selectors = new ArrayList<>();
        for (int left = random.nextInt(3); left > 0; left--) {
          selectors.add(selector(random));
        }
        long min = random.nextInt(3) == 0 ? Long.MIN_VALUE : time(random);
        long max = random.nextInt(3) == 0 ? Long.MAX_VALUE : Math.max(min, time(random));
        try (SeriesReader reader = store.reader(TENANT)) {
          checkSelect(reader, selector(random), min, max);
          checkMetadata(reader, selectors, min, max);
        }
      }
    }
  }

  private static long time(SplittableRandom random) {
    return NOW - random.nextLong(Duration.ofHours(12).toMillis());
  }

  private MetricStore filled(SplittableRandom random, Path log) {
    // Samples come in while they are young; by the time of the questions some have expired.
    long[] now = {NOW - Duration.ofHours(3).toMillis()};
    InstantSource clock = () -> Instant.ofEpochMilli(now[0]);
    ObjectStore objects = new MemoryObjectStore();
    WalConfig wal =
        new WalConfig(WalConfig.Sync.INTERVAL, Duration.ofSeconds(1), LARGE, LARGE, LARGE);
    HeadConfig head = new HeadConfig(LARGE, Duration.ofHours(2), LARGE, LARGE);
    LocalLog records = new LocalLog(log, wal, 0);
    SplittableRandom ids = random.split();
    MetricStore store =
        new MetricStore(
            records,
            objects,
            new HeadBudget(head),
            new DataAge(new RetentionConfig(KEPT, Duration.ofHours(1), Duration.ZERO), clock),
            new CacheConfig(LARGE),
            clock,
            () -> BlockId.create(clock, ids));
    Flusher flusher =
        new Flusher(
            head,
            wal,
            records,
            new Catalog(objects, clock, random.split()),
            clock,
            () -> List.<Flushable>copyOf(store.heads()));
    flusher.replayed();
    List<Labels> known = new ArrayList<>();
    int parts = random.nextInt(1, 6);
    for (int part = 0; part < parts; part++) {
      for (int i = random.nextInt(1, 120); i > 0; i--) {
        known.add(labels(random));
      }
      write(store, known, random);
      if (part + 1 < parts || random.nextBoolean()) {
        flusher.flushAll();
      }
    }
    records.close();
    now[0] = NOW;
    long oldest = NOW - KEPT.toMillis();
    model.values().forEach(samples -> samples.headMap(oldest).clear());
    return store;
  }

  private void write(MetricStore store, List<Labels> known, SplittableRandom random) {
    long begin = time(random) - Duration.ofHours(3).toMillis();
    MetricBatch batch = new MetricBatch();
    for (int i = random.nextInt(1, 400); i > 0; i--) {
      Labels labels = known.get(random.nextInt(known.size()));
      long time =
          Math.clamp(
              begin + random.nextLong(3_600_000),
              NOW - Duration.ofHours(13).toMillis() + 1,
              NOW - Duration.ofHours(3).toMillis());
      double value = random.nextInt(1000);
      batch.addSample(batch.addSeries(labels), time, 0, value);
      model.computeIfAbsent(labels, l -> new TreeMap<>()).put(time, value);
    }
    assertThat(store.append(TENANT, batch).rejected()).isZero();
  }

  private void checkSelect(SeriesReader reader, List<Matcher> selector, long min, long max) {
    Map<Labels, Map<Long, Double>> expected = new TreeMap<>();
    model.forEach(
        (labels, samples) -> {
          Map<Long, Double> inRange = samples.subMap(min, true, max, true);
          if (matches(List.of(selector), labels) && !inRange.isEmpty()) {
            expected.put(labels, inRange);
          }
        });
    long[] charged = {0};
    SeriesSet set = reader.select(selector, min, max, bytes -> charged[0] += bytes);
    Map<Labels, Map<Long, Double>> found = new TreeMap<>();
    SampleBuffer buffer = new SampleBuffer();
    for (int i = 0; i < set.size(); i++) {
      Labels labels = set.labels(i);
      assertThat(i == 0 || set.labels(i - 1).compareTo(labels) < 0).isTrue();
      assertThat(set.labels(i)).isEqualTo(labels);
      set.read(i, min, max, buffer);
      Map<Long, Double> read = new TreeMap<>();
      for (int at = 0; at < buffer.size(); at++) {
        read.put(buffer.timestamps()[at], buffer.values()[at]);
      }
      assertThat(read).hasSize(buffer.size());
      if (!read.isEmpty()) {
        found.put(labels, read);
      }
    }
    assertThat(found).as("%s %d %d", selector, min, max).isEqualTo(expected);
    assertThat(charged[0]).isBetween(24L * set.size(), 2000L * set.size());
  }

  /** Blocks and heads are the grain of time: what is told lies between two limits. */
  private void checkMetadata(
      SeriesReader reader, List<List<Matcher>> selectors, long min, long max) {
    SortedSet<Labels> inRange = new TreeSet<>();
    SortedSet<Labels> atAnyTime = new TreeSet<>();
    model.forEach(
        (labels, samples) -> {
          if (matches(selectors, labels)) {
            atAnyTime.add(labels);
            if (!samples.subMap(min, true, max, true).isEmpty()) {
              inRange.add(labels);
            }
          }
        });
    String as = selectors + " " + min + " " + max;
    List<Labels> series = reader.series(selectors, min, max);
    assertThat(series).as(as).isSorted().doesNotHaveDuplicates().containsAll(inRange);
    assertThat(atAnyTime).as(as).containsAll(series);
    between(reader.labelNames(selectors, min, max), names(inRange), names(atAnyTime), as);
    for (String name : List.of("l1", Labels.NAME, "nowhere")) {
      between(
          reader.labelValues(name, selectors, min, max),
          values(name, inRange),
          values(name, atAnyTime),
          as);
    }
  }

  private static void between(
      SortedSet<String> found, SortedSet<String> least, SortedSet<String> most, String as) {
    assertThat(found).as(as).containsAll(least);
    assertThat(most).as(as).containsAll(found);
    assertThat(List.copyOf(found)).isSorted();
  }

  private static SortedSet<String> names(SortedSet<Labels> series) {
    SortedSet<String> names = new TreeSet<>();
    series.forEach(labels -> names.addAll(labels.toMap().keySet()));
    return names;
  }

  private static SortedSet<String> values(String name, SortedSet<Labels> series) {
    SortedSet<String> values = new TreeSet<>();
    series.stream().filter(one -> one.has(name)).forEach(one -> values.add(one.get(name)));
    return values;
  }
}
