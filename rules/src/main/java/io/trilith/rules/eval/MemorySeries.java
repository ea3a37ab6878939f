package io.trilith.rules.eval;

import io.trilith.rules.RuleSample;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Series in memory, small ones: what a tick has made so far, or all the data of a test. At one time
 * of a series the later write wins. Not thread-safe.
 */
public final class MemorySeries implements SeriesReader {
  private final Map<String, TreeMap<Labels, Column>> byName = new HashMap<>();

  /** The samples of a series, ascending in time. */
  private static final class Column {
    private long[] times = new long[4];
    private double[] values = new double[4];
    private @Nullable NativeHistogram[] histograms = new NativeHistogram[4];
    private int size;

    void add(long time, double value, @Nullable NativeHistogram histogram) {
      int at = size;
      if (size > 0 && times[size - 1] >= time) {
        int found = Arrays.binarySearch(times, 0, size, time);
        at = found >= 0 ? found : -found - 1;
      }
      if (at == size || times[at] != time) {
        insert(at);
      }
      times[at] = time;
      values[at] = value;
      histograms[at] = histogram;
    }

    private void insert(int at) {
      if (size == times.length) {
        times = Arrays.copyOf(times, size * 2);
        values = Arrays.copyOf(values, size * 2);
        histograms = Arrays.copyOf(histograms, size * 2);
      }
      System.arraycopy(times, at, times, at + 1, size - at);
      System.arraycopy(values, at, values, at + 1, size - at);
      System.arraycopy(histograms, at, histograms, at + 1, size - at);
      size++;
    }

    boolean within(long min, long max) {
      int at = Arrays.binarySearch(times, 0, size, min);
      int first = at >= 0 ? at : -at - 1;
      return first < size && times[first] <= max;
    }

    void read(long min, long max, SampleBuffer into) {
      int at = Arrays.binarySearch(times, 0, size, min);
      for (int i = at >= 0 ? at : -at - 1; i < size && times[i] <= max; i++) {
        NativeHistogram histogram = histograms[i];
        if (histogram == null) {
          into.add(times[i], values[i]);
        } else {
          into.add(times[i], histogram);
        }
      }
    }
  }

  /** Adds a float. */
  public void add(Labels labels, long time, double value) {
    column(labels).add(time, value, null);
  }

  /** Adds a float or, unless it is null, a histogram. */
  public void add(Labels labels, long time, double value, @Nullable NativeHistogram histogram) {
    column(labels).add(time, value, histogram);
  }

  /** Adds a float or a histogram. */
  public void add(long time, RuleSample sample) {
    NativeHistogram histogram = sample.histogram() == null ? null : sample.histogram().toNative();
    column(sample.labels()).add(time, sample.value(), histogram);
  }

  private Column column(Labels labels) {
    return byName
        .computeIfAbsent(labels.get(Labels.NAME), _ -> new TreeMap<>())
        .computeIfAbsent(labels, _ -> new Column());
  }

  /** Takes samples one by one. */
  @FunctionalInterface
  public interface Visitor {
    void accept(Labels labels, long time, double value, @Nullable NativeHistogram histogram);
  }

  /** Shows all samples, series by series. */
  public void forEach(Visitor visitor) {
    byName
        .values()
        .forEach(
            series ->
                series.forEach(
                    (labels, column) -> {
                      for (int i = 0; i < column.size; i++) {
                        visitor.accept(
                            labels, column.times[i], column.values[i], column.histograms[i]);
                      }
                    }));
  }

  public boolean isEmpty() {
    return byName.isEmpty();
  }

  /** Whether a selector may find something here, by the name it asks for. */
  boolean mayMatch(List<Matcher> matchers) {
    for (Matcher matcher : matchers) {
      if (matcher.name().equals(Labels.NAME) && matcher.op() == Matcher.Op.EQUAL) {
        return byName.containsKey(matcher.value());
      }
    }
    return !byName.isEmpty();
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
    TreeMap<Labels, Column> found = new TreeMap<>();
    byName.forEach(
        (name, series) -> {
          for (Matcher matcher : matchers) {
            if (matcher.name().equals(Labels.NAME) && !matcher.matches(name)) {
              return;
            }
          }
          series.forEach(
              (labels, column) -> {
                if (matches(labels, matchers) && column.within(minMillis, maxMillis)) {
                  charge.accept(labels.bytes());
                  found.put(labels, column);
                }
              });
        });
    return new Found(List.copyOf(found.keySet()), List.copyOf(found.values()));
  }

  private static boolean matches(Labels labels, List<Matcher> matchers) {
    for (Matcher matcher : matchers) {
      if (!matcher.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  private record Found(List<Labels> series, List<Column> columns) implements SeriesSet {
    @Override
    public int size() {
      return series.size();
    }

    @Override
    public Labels labels(int number) {
      return series.get(number);
    }

    @Override
    public void read(int number, long minMillis, long maxMillis, SampleBuffer into) {
      into.clear();
      columns.get(number).read(minMillis, maxMillis, into);
    }
  }

  @Override
  public List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    SortedSet<Labels> all = new TreeSet<>();
    for (List<Matcher> selector : selectors.isEmpty() ? List.of(List.<Matcher>of()) : selectors) {
      SeriesSet found = select(selector, minMillis, maxMillis, charge);
      for (int i = 0; i < found.size(); i++) {
        all.add(found.labels(i));
      }
    }
    return new ArrayList<>(all);
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    SortedSet<String> names = new TreeSet<>();
    series(selectors, minMillis, maxMillis, charge)
        .forEach(labels -> names.addAll(labels.toMap().keySet()));
    return names;
  }

  @Override
  public SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minMillis,
      long maxMillis,
      LongConsumer charge) {
    SortedSet<String> values = new TreeSet<>();
    for (Labels labels : series(selectors, minMillis, maxMillis, charge)) {
      if (labels.has(name)) {
        values.add(labels.get(name));
      }
    }
    return values;
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
