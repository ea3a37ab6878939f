package io.trilith.rules.eval;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/**
 * What is stored, and over it what an open tick has made: at one time of a series the latter wins.
 * Selections that find nothing of the tick cost nothing more. Thread-safe as long as nothing is
 * added to the tick; the reader below stays the caller's to close.
 */
final class LayeredReader implements SeriesReader {
  private static final int NONE = -1;

  private final SeriesReader below;
  private final MemorySeries open;

  LayeredReader(SeriesReader below, MemorySeries open) {
    this.below = below;
    this.open = open;
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
    return layered(
        below.select(matchers, minMillis, maxMillis, charge),
        matchers,
        minMillis,
        maxMillis,
        charge);
  }

  @Override
  public boolean hasAggregates() {
    return below.hasAggregates();
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, Detail detail, long minMillis, long maxMillis, LongConsumer charge) {
    return layered(
        below.select(matchers, detail, minMillis, maxMillis, charge),
        matchers,
        minMillis,
        maxMillis,
        charge);
  }

  private SeriesSet layered(
      SeriesSet stored, List<Matcher> matchers, long min, long max, LongConsumer charge) {
    if (!open.mayMatch(matchers)) {
      return stored;
    }
    SeriesSet made = open.select(matchers, min, max, charge);
    return made.size() == 0 ? stored : Layers.of(stored, made, charge);
  }

  /**
   * Two selections as one, sorted.
   *
   * @param lower places in the lower one, NONE where a series is in the upper one only
   * @param upper places in the upper one
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Layers(SeriesSet stored, SeriesSet made, int[] lower, int[] upper)
      implements SeriesSet {
    static Layers of(SeriesSet stored, SeriesSet made, LongConsumer charge) {
      int most = stored.size() + made.size();
      charge.accept(8L * most);
      int[] lower = new int[most];
      int[] upper = new int[most];
      int size = 0;
      int i = 0;
      int j = 0;
      while (i < stored.size() || j < made.size()) {
        int order =
            i == stored.size()
                ? 1
                : j == made.size() ? -1 : stored.labels(i).compareTo(made.labels(j));
        lower[size] = order <= 0 ? i++ : NONE;
        upper[size++] = order >= 0 ? j++ : NONE;
      }
      return new Layers(stored, made, Arrays.copyOf(lower, size), Arrays.copyOf(upper, size));
    }

    @Override
    public int size() {
      return lower.length;
    }

    @Override
    public Labels labels(int series) {
      return lower[series] == NONE ? made.labels(upper[series]) : stored.labels(lower[series]);
    }

    @Override
    public void read(int series, long minMillis, long maxMillis, SampleBuffer into) {
      if (lower[series] == NONE) {
        made.read(upper[series], minMillis, maxMillis, into);
        return;
      }
      stored.read(lower[series], minMillis, maxMillis, into);
      if (upper[series] != NONE) {
        SampleBuffer above = new SampleBuffer();
        made.read(upper[series], minMillis, maxMillis, above);
        for (int i = 0; i < above.size(); i++) {
          NativeHistogram histogram = above.histogram(i);
          if (histogram == null) {
            into.add(above.timestamps()[i], above.values()[i]);
          } else {
            into.add(above.timestamps()[i], histogram);
          }
        }
        into.sortAndKeepLast();
      }
    }
  }

  @Override
  public List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    SortedSet<Labels> all = new TreeSet<>(below.series(selectors, minMillis, maxMillis, charge));
    all.addAll(open.series(selectors, minMillis, maxMillis, charge));
    return List.copyOf(all);
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    SortedSet<String> all =
        new TreeSet<>(below.labelNames(selectors, minMillis, maxMillis, charge));
    all.addAll(open.labelNames(selectors, minMillis, maxMillis, charge));
    return all;
  }

  @Override
  public SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minMillis,
      long maxMillis,
      LongConsumer charge) {
    SortedSet<String> all =
        new TreeSet<>(below.labelValues(name, selectors, minMillis, maxMillis, charge));
    all.addAll(open.labelValues(name, selectors, minMillis, maxMillis, charge));
    return all;
  }

  @Override
  public Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    return below.exemplars(selectors, minMillis, maxMillis, charge);
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    return below.metadata();
  }

  @Override
  public List<String> warnings() {
    return below.warnings();
  }
}
