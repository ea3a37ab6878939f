package io.trilith.promql;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A store that is a sorted map. */
final class MemoryReader implements SeriesReader {
  /** A float, or a histogram when there is one. */
  record Sample(double value, @Nullable NativeHistogram histogram, long start) {}

  private final TreeMap<Labels, TreeMap<Long, Sample>> series = new TreeMap<>();

  void add(Labels labels, long time, Sample sample) {
    series.computeIfAbsent(labels, key -> new TreeMap<>()).put(time, sample);
  }

  void clear() {
    series.clear();
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
    List<Labels> found = new ArrayList<>();
    for (Labels labels : series.keySet()) {
      if (matchers.stream().allMatch(matcher -> matcher.matches(labels))) {
        found.add(labels);
      }
    }
    return new SeriesSet() {
      @Override
      public int size() {
        return found.size();
      }

      @Override
      public Labels labels(int number) {
        return found.get(number);
      }

      @Override
      public void read(int number, long from, long to, SampleBuffer into) {
        into.clear();
        if (from > to) {
          return;
        }
        samples(found.get(number))
            .subMap(from, true, to, true)
            .forEach(
                (time, sample) -> {
                  if (sample.histogram() == null) {
                    into.add(time, sample.value());
                  } else {
                    into.add(time, sample.histogram());
                  }
                  into.startedAt(sample.start());
                });
      }
    };
  }

  private NavigableMap<Long, Sample> samples(Labels labels) {
    return series.getOrDefault(labels, new TreeMap<>());
  }

  @Override
  public List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    return new ArrayList<>(series.keySet());
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    return new TreeSet<>();
  }

  @Override
  public SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minMillis,
      long maxMillis,
      LongConsumer charge) {
    return new TreeSet<>();
  }

  @Override
  public Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    return Map.of();
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    return Map.of();
  }
}
