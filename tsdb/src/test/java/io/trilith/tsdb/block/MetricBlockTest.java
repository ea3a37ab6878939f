package io.trilith.tsdb.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.TextSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MetricBlockTest {
  private static final String[] VALUES = {
    "a", "b", "api", "api-1", "é", "\uD83D\uDE00", "\uFFFF", "x\ny", "10", "9"
  };

  private static final String[] PATTERNS = {".*", ".+", "a.*", "api|b", "", "api-[0-9]|", "x.y"};

  private static Labels labels(SplittableRandom random) {
    Labels.Builder builder = new Labels.Builder();
    builder.set(Labels.NAME, "m" + random.nextInt(5));
    for (int left = random.nextInt(5); left > 0; left--) {
      builder.set("l" + random.nextInt(6), VALUES[random.nextInt(VALUES.length)]);
    }
    builder.set("number", "" + random.nextInt(60));
    if (random.nextInt(20) == 0) {
      for (int i = 0; i < 70; i++) {
        builder.set("wide" + i, "v" + random.nextInt(3));
      }
    }
    return builder.build();
  }

  private static Map<Labels, TreeMap<Long, Double>> data(SplittableRandom random) {
    Map<Labels, TreeMap<Long, Double>> data = new TreeMap<>();
    int count = 1 + random.nextInt(150);
    for (int i = 0; i < count; i++) {
      TreeMap<Long, Double> samples = new TreeMap<>();
      long time = random.nextInt(3) * 1_000_000L;
      int size = random.nextInt(10) == 0 ? 1200 : 1 + random.nextInt(40);
      for (int at = 0; at < size; at++) {
        time += random.nextInt(10) == 0 ? 1 + random.nextInt(99) : 1000;
        samples.put(time, random.nextInt(2) == 0 ? random.nextInt(100) : random.nextDouble());
      }
      data.put(labels(random), samples);
    }
    return data;
  }

  private static MetricBlock written(
      ObjectStore objects, String name, Map<Labels, TreeMap<Long, Double>> data) {
    return written(objects, name, data, List.of());
  }

  private static MetricBlock written(
      ObjectStore objects,
      String name,
      Map<Labels, TreeMap<Long, Double>> data,
      List<Duration> resolutions) {
    List<Labels> order = new ArrayList<>(data.keySet());
    SeriesCursor cursor =
        new SeriesCursor() {
          private int at = -1;

          @Override
          public boolean next() {
            return ++at < order.size();
          }

          @Override
          public Labels labels() {
            return order.get(at);
          }

          @Override
          public void read(SampleBuffer into) {
            into.clear();
            data.getOrDefault(order.get(at), new TreeMap<>()).forEach(into::add);
          }
        };
    try (ObjectOutput out = objects.create(name)) {
      MetricBlockWriter.write(out, cursor, List.of(), Map.of(), resolutions);
      out.commit();
    }
    return MetricBlock.open(objects, name);
  }

  private static Matcher matcher(SplittableRandom random) {
    String name =
        switch (random.nextInt(4)) {
          case 0 -> Labels.NAME;
          case 1 -> "number";
          case 2 -> "nowhere";
          default -> "l" + random.nextInt(6);
        };
    Matcher.Op op = Matcher.Op.values()[random.nextInt(4)];
    boolean regex = op == Matcher.Op.MATCH || op == Matcher.Op.NOT_MATCH;
    String value =
        switch (random.nextInt(3)) {
          case 0 -> regex ? PATTERNS[random.nextInt(PATTERNS.length)] : "";
          case 1 -> "m" + random.nextInt(5);
          default -> regex ? "[1-3].*" : VALUES[random.nextInt(VALUES.length)];
        };
    return Matcher.of(name, op, value);
  }

  @Test
  void everyQuestionIsAnsweredAsByANaiveSearch() {
    SplittableRandom random = Seeds.random("MetricBlockTest");
    for (int round = 0; round < 60; round++) {
      Map<Labels, TreeMap<Long, Double>> data = data(random);
      MetricBlock block = written(new MemoryObjectStore(), "b", data);
      assertThat(block.seriesCount()).isEqualTo(data.size());
      for (int question = 0; question < 40; question++) {
        List<Matcher> matchers = new ArrayList<>();
        for (int left = random.nextInt(3); left > 0; left--) {
          matchers.add(matcher(random));
        }
        long min = random.nextInt(3) == 0 ? Long.MIN_VALUE : random.nextInt(3_000_000);
        long max = random.nextInt(3) == 0 ? Long.MAX_VALUE : min + random.nextInt(1_000_000);
        check(block, data, matchers, min, Math.max(min, max));
      }
    }
  }

  private static void check(
      MetricBlock block,
      Map<Labels, TreeMap<Long, Double>> data,
      List<Matcher> matchers,
      long min,
      long max) {
    Map<Labels, Map<Long, Double>> expected = new TreeMap<>();
    TreeSet<String> names = new TreeSet<>();
    TreeSet<String> values = new TreeSet<>();
    data.forEach(
        (labels, samples) -> {
          if (matchers.stream().allMatch(m -> m.matches(labels))) {
            Map<Long, Double> inRange = samples.subMap(min, true, max, true);
            if (!inRange.isEmpty()) {
              expected.put(labels, inRange);
            }
          }
        });
    // Chunks are longer than gaps: a series may be named whose chunk alone reaches into the range.
    Map<Labels, Map<Long, Double>> found = new TreeMap<>();
    SampleBuffer buffer = new SampleBuffer();
    block.select(
        matchers,
        min,
        max,
        (labels, samples) -> {
          buffer.clear();
          samples.addTo(min, max, buffer);
          Map<Long, Double> read = new TreeMap<>();
          for (int i = 0; i < buffer.size(); i++) {
            read.put(buffer.timestamps()[i], buffer.values()[i]);
          }
          assertThat(buffer.size()).isEqualTo(read.size());
          assertThat(matchers).allMatch(m -> m.matches(labels));
          if (!read.isEmpty()) {
            found.put(labels, read);
          }
        });
    boolean overlaps =
        data.values().stream().anyMatch(all -> all.firstKey() <= max)
            && data.values().stream().anyMatch(all -> all.lastKey() >= min);
    for (Labels labels : overlaps ? data.keySet() : List.<Labels>of()) {
      if (matchers.stream().allMatch(m -> m.matches(labels))) {
        names.addAll(labels.toMap().keySet());
        if (labels.has("l1")) {
          values.add(labels.get("l1"));
        }
      }
    }
    assertThat(found).as("%s %d %d", matchers, min, max).isEqualTo(expected);
    TreeSet<String> foundNames = new TreeSet<>();
    block.labelNames(matchers, min, max, foundNames);
    assertThat(foundNames).isEqualTo(names);
    TextSet foundValues = new TextSet(_ -> {});
    block.labelValues("l1", matchers, min, max, foundValues);
    assertThat(foundValues.sorted()).isEqualTo(values);
  }

  @Test
  void seriesThatAreScrapedTogetherShareTheirTimes() {
    Map<Labels, TreeMap<Long, Double>> data = new TreeMap<>();
    SplittableRandom random = Seeds.random("MetricBlockTest");
    TreeMap<Long, Double> times = new TreeMap<>();
    for (int i = 0; i < 480; i++) {
      times.put(i * 15_000L + random.nextInt(4000), 1.0);
    }
    for (int i = 0; i < 1000; i++) {
      data.put(Labels.of("n", "" + i), times);
    }
    MemoryObjectStore objects = new MemoryObjectStore();
    MetricBlock block = written(objects, "b", data);
    assertThat(objects.read("b").remaining()).isLessThan(480 * 2 + 1000 * 20);
    assertThat(block.weight()).isLessThan(1000 * 60);
  }

  @Test
  void damageIsFoundOrDoesNoHarm() {
    SplittableRandom random = Seeds.random("MetricBlockTest");
    Map<Labels, TreeMap<Long, Double>> data = new TreeMap<>();
    for (int i = 0; i < 20; i++) {
      TreeMap<Long, Double> samples = new TreeMap<>();
      for (int at = 0; at < 60; at++) {
        samples.put(at * 1000L, (double) random.nextInt(1000));
      }
      data.put(Labels.of("__name__", "m", "n", "" + i), samples);
    }
    byte[] good = bytes(data);
    String right = contents(good);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      checkDamaged(bad, right);
    }
    for (int length = 0; length < good.length; length++) {
      checkDamaged(Arrays.copyOf(good, length), right);
    }
  }

  /** A block with aggregates. */
  private static byte[] bytes(Map<Labels, TreeMap<Long, Double>> data) {
    MemoryObjectStore objects = new MemoryObjectStore();
    written(objects, "b", data, List.of(Duration.ofSeconds(10), Duration.ofSeconds(30)));
    ByteBuffer whole = objects.read("b");
    byte[] bytes = new byte[whole.remaining()];
    whole.get(bytes);
    return bytes;
  }

  @Test
  void aBlockOfVersion3DecodesForEver() {
    TreeMap<Long, Double> samples = new TreeMap<>();
    for (int at = 1; at <= 12; at++) {
      samples.put(at * 2000L, at == 4 ? 0.5 : at);
    }
    byte[] golden =
        Golden.bytes(
            "tsdb", "metric-block-3.bin", bytes(Map.of(Labels.of("__name__", "m"), samples)));
    assertThat(contents(golden))
        .isEqualTo(
            "{__name__=\"m\"} 2000=1.0 4000=2.0 6000=3.0 8000=0.5 10000=5.0 12000=6.0 14000=7.0"
                + " 16000=8.0 18000=9.0 20000=10.0 22000=11.0 24000=12.0"
                + " LAST 10000=5.0 20000=10.0 24000=12.0"
                + " ENDS 2000=1.0 10000=5.0 12000=6.0 20000=10.0 22000=11.0 24000=12.0"
                + " CHANGE 2000=1.0 6000=3.0 8000=0.5 10000=5.0 12000=6.0 20000=10.0 22000=11.0"
                + " 24000=12.0"
                + " LEAST 10000=0.5 20000=6.0 24000=11.0"
                + " GREATEST 10000=5.0 20000=10.0 24000=12.0"
                + " SUM 10000=11.5 20000=40.0 24000=23.0{}");
  }

  private static void checkDamaged(byte[] bad, String right) {
    try {
      assertThat(contents(bad)).isEqualTo(right);
    } catch (StorageException.Corrupt e) {
      assertThat(e).hasMessageContaining("b").hasMessageContaining("corrupt at byte");
    }
  }

  private static void append(SampleBuffer samples, StringBuilder text) {
    for (int i = 0; i < samples.size(); i++) {
      text.append(' ').append(samples.timestamps()[i]).append('=').append(samples.values()[i]);
    }
  }

  private static String contents(byte[] bytes) {
    ObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("b", ByteBuffer.wrap(bytes));
    MetricBlock block = MetricBlock.open(objects, "b");
    StringBuilder text = new StringBuilder();
    SampleBuffer buffer = new SampleBuffer();
    List<Matcher> matchers = List.of(Matcher.equal("__name__", "m"));
    block.select(
        matchers,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        (labels, samples) -> {
          buffer.clear();
          samples.addTo(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
          append(buffer, text.append(labels));
        });
    for (Detail.Aggregate wanted : Detail.Aggregate.values()) {
      Detail detail = new Detail(wanted, 10_000, 0);
      SeriesSelection found = block.select(matchers, detail, Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < found.size() && wanted != Detail.Aggregate.SAMPLES; i++) {
        buffer.clear();
        found.addTo(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        append(buffer, text.append(' ').append(wanted));
      }
    }
    block.exemplars(List.of(), 0, 1, (series, exemplar) -> text.append(exemplar));
    return text.append(block.metadata()).toString();
  }
}
