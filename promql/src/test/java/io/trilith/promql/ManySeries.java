package io.trilith.promql;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** A store that makes up its series: this many counters, a sample every four minutes. */
class ManySeries implements SeriesReader {
  private static final long INTERVAL = 240_000;

  private final int count;

  ManySeries(int count) {
    this.count = count;
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
    return new SeriesSet() {
      @Override
      public int size() {
        return count;
      }

      @Override
      public Labels labels(int series) {
        String instance = String.format("%06d", series);
        return Labels.of("__name__", "m_total", "instance", instance, "job", "" + series % 10);
      }

      @Override
      public void read(int series, long from, long to, SampleBuffer into) {
        into.clear();
        for (long time = Math.ceilDiv(from, INTERVAL) * INTERVAL; time <= to; time += INTERVAL) {
          into.add(time, (double) time / INTERVAL * (series % 7 + 1));
        }
      }
    };
  }

  @Override
  public List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    return List.of();
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
