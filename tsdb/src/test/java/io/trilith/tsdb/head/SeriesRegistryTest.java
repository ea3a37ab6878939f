package io.trilith.tsdb.head;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.SeriesKey;
import io.trilith.tsdb.index.TextSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class SeriesRegistryTest {
  private final SeriesRegistry registry = new SeriesRegistry();
  private KeySlice before = new KeySlice();
  private int previous = -1;

  private int number(Labels labels) {
    ByteWriter key = new ByteWriter();
    key.putByte(7);
    SeriesKey.put(labels, key);
    KeySlice slice = new KeySlice();
    slice.set(key.toArray(), 1, key.size() - 1);
    int known = registry.find(slice, previous, before);
    previous = known >= 0 ? known : registry.add(slice, previous, before);
    before = slice;
    return previous;
  }

  private static Labels labels(SplittableRandom random) {
    Labels.Builder builder = new Labels.Builder();
    builder.set(Labels.NAME, "metric_" + random.nextInt(5));
    for (String name : List.of("instance", "job", "pod", "zone", "ähnlich")) {
      if (random.nextInt(4) > 0) {
        builder.set(name, name + random.nextInt(random.nextBoolean() ? 3 : 300));
      }
    }
    if (random.nextInt(50) == 0) {
      builder.set("long", "x".repeat(random.nextInt(70_000)));
    }
    return builder.build();
  }

  @Test
  void numbersSeriesInWhateverOrderTheyAreAskedFor() {
    SplittableRandom random = Seeds.random("SeriesRegistryTest.numbersSeries");
    Map<Labels, Integer> expected = new HashMap<>();
    List<Labels> known = new ArrayList<>();
    for (int i = 0; i < Seeds.iterations(30_000); i++) {
      int kind = random.nextInt(10);
      if (kind == 0 || known.isEmpty()) {
        Labels fresh = labels(random);
        Integer number = expected.putIfAbsent(fresh, expected.size());
        assertThat(number(fresh)).isEqualTo(number == null ? expected.size() - 1 : number);
        if (number == null) {
          known.add(fresh);
        }
      } else if (kind == 1) {
        previous = -1;
      } else {
        int next = kind < 4 ? random.nextInt(known.size()) : (previous + 1) % known.size();
        assertThat(number(known.get(next))).isEqualTo(next);
      }
    }
    assertThat(registry.size()).isEqualTo(known.size());
    for (int i = 0; i < known.size(); i++) {
      assertThat(registry.labels(i)).isEqualTo(known.get(i));
      ByteWriter key = new ByteWriter();
      registry.putKey(i, key);
      ByteWriter plain = new ByteWriter();
      SeriesKey.put(known.get(i), plain);
      assertThat(key.toArray()).isEqualTo(plain.toArray());
      assertThat(registry.keyLength(i)).isEqualTo(plain.size());
    }
    checkOrder(known, random);
    checkPostings(known, random);
  }

  private void checkOrder(List<Labels> known, SplittableRandom random) {
    int[] counts = {50, 2, 2000, 1, 30, 5000, 3};
    for (int count : counts) {
      int[] some = random.ints(count, 0, known.size()).sorted().distinct().toArray();
      registry.sort(some);
      for (int i = 1; i < some.length; i++) {
        assertThat(known.get(some[i - 1])).isLessThan(known.get(some[i]));
      }
      int fresh = random.nextInt(400);
      for (int i = 0; i < fresh; i++) {
        Labels labels = labels(random);
        if (number(labels) == known.size()) {
          known.add(labels);
        }
      }
    }
  }

  private void checkPostings(List<Labels> known, SplittableRandom random) {
    for (int i = 0; i < 200; i++) {
      List<Matcher> matchers = new ArrayList<>();
      for (int left = 1 + random.nextInt(3); left > 0; left--) {
        String name = List.of("pod", "zone", "job", "none", Labels.NAME).get(random.nextInt(5));
        Matcher.Op op = Matcher.Op.values()[random.nextInt(4)];
        String value =
            List.of("", "pod1", "metric_2", "zone.*", ".*1", "zone2|zone1").get(random.nextInt(6));
        matchers.add(Matcher.of(name, op, value));
      }
      RoaringBitmap found = registry.find(matchers);
      SortedSet<String> pods = new TreeSet<>();
      SortedSet<String> names = new TreeSet<>();
      for (int number = 0; number < known.size(); number++) {
        Labels labels = known.get(number);
        boolean matches = matchers.stream().allMatch(matcher -> matcher.matches(labels));
        assertThat(found.contains(number)).as(matchers + " of " + labels).isEqualTo(matches);
        if (matches) {
          names.addAll(labels.toMap().keySet());
          if (labels.has("pod")) {
            pods.add(labels.get("pod"));
          }
        }
      }
      TextSet foundPods = new TextSet(_ -> {});
      registry.addValues("pod", found, foundPods);
      assertThat(foundPods.sorted()).isEqualTo(pods);
      SortedSet<String> foundNames = new TreeSet<>();
      registry.addNames(found, foundNames);
      assertThat(foundNames).isEqualTo(names);
    }
  }

  @Test
  void namesWhatMakesSeriesMany() {
    for (int i = 0; i < 30; i++) {
      number(Labels.of(Labels.NAME, i < 20 ? "a" : "b", "pod", "p" + i, "job", "x"));
    }
    Cardinality found = registry.cardinality(2);
    assertThat(found.series()).isEqualTo(30);
    assertThat(found.labelPairs()).isEqualTo(33);
    assertThat(found.byMetric())
        .containsExactly(new Cardinality.Count("a", 20), new Cardinality.Count("b", 10));
    assertThat(found.valuesByName())
        .containsExactly(new Cardinality.Count("pod", 30), new Cardinality.Count(Labels.NAME, 2));
    assertThat(found.byLabel())
        .containsExactly(
            new Cardinality.Count("job=x", 30), new Cardinality.Count("__name__=a", 20));
  }

  @Test
  void refusesWhatIsNoKeyAndGoesOn() {
    assertThat(number(Labels.of(Labels.NAME, "up", "job", "a"))).isEqualTo(0);
    byte[] key = key(Labels.of(Labels.NAME, "up", "job", "b"));
    for (int i = 1; i < key.length; i++) {
      KeySlice cut = new KeySlice();
      cut.set(key, 0, i);
      int number = registry.add(cut, -1, before);
      assertThat(number).isIn(-1, 1);
    }
    byte[] swapped = key(Labels.of("job", "c"));
    byte[] twice = java.util.Arrays.copyOf(swapped, swapped.length * 2);
    System.arraycopy(swapped, 0, twice, swapped.length, swapped.length);
    KeySlice slice = new KeySlice();
    slice.set(twice, 0, twice.length);
    assertThat(registry.add(slice, -1, before)).isEqualTo(-1);
    previous = -1;
    Labels fine = Labels.of(Labels.NAME, "up", "job", "b");
    assertThat(registry.labels(number(fine))).isEqualTo(fine);
    assertThat(registry.find(List.of(Matcher.equal("job", "c"))).isEmpty()).isTrue();
  }

  private static byte[] key(Labels labels) {
    ByteWriter key = new ByteWriter();
    SeriesKey.put(labels, key);
    return key.toArray();
  }
}
