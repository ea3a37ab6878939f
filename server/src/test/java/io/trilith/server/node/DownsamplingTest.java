package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.compactor.Deletions;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.PromqlEngine;
import io.trilith.promql.PromqlResult;
import io.trilith.promql.Series;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries of long steps read aggregates of merged blocks, and answer what samples answer. */
class DownsamplingTest {
  private static final long SCRAPE = 15_000;
  private static final long LOOKBACK = 300_000;
  private static final int HOURS = 30;
  private static final String[] KINDS = {
    "counter", "restarts", "gauge", "signed", "gaps", "wild", "started", "native", "slow"
  };
  private static final String[] FUNCTIONS = {
    "rate",
    "increase",
    "delta",
    "irate",
    "changes",
    "resets",
    "deriv",
    "first_over_time",
    "last_over_time",
    "ts_of_last_over_time",
    "present_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "avg_over_time",
    "stddev_over_time"
  };

  @TempDir Path directory;
  private final PromqlEngine engine = new PromqlEngine(250, LOOKBACK, 60_000);
  private final SplittableRandom random = Seeds.random("DownsamplingTest");

  /** Reads every sample whatever detail is asked for. */
  private record EverySample(SeriesReader inner) implements SeriesReader {
    @Override
    public SeriesSet select(
        List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
      return inner.select(matchers, minMillis, maxMillis, charge);
    }

    @Override
    public List<Labels> series(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return inner.series(selectors, minMillis, maxMillis, charge);
    }

    @Override
    public SortedSet<String> labelNames(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return inner.labelNames(selectors, minMillis, maxMillis, charge);
    }

    @Override
    public SortedSet<String> labelValues(
        String name,
        List<List<Matcher>> selectors,
        long minMillis,
        long maxMillis,
        LongConsumer charge) {
      return inner.labelValues(name, selectors, minMillis, maxMillis, charge);
    }

    @Override
    public Map<Labels, List<Exemplar>> exemplars(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return inner.exemplars(selectors, minMillis, maxMillis, charge);
    }

    @Override
    public Map<String, MetricMetadata> metadata() {
      return inner.metadata();
    }
  }

  private final double[] last = new double[2 * KINDS.length];

  private double next(int series, String kind) {
    double value = last[series];
    value =
        switch (kind) {
          case "counter" -> random.nextInt(20_000) == 0 ? 0 : value + random.nextInt(20);
          case "restarts" -> random.nextInt(700) < 2 ? random.nextInt(5) : value + 1;
          case "gauge" -> random.nextInt(1000) / 8.0;
          case "signed" -> random.nextInt(1000) - 500.5;
          case "wild" ->
              random.nextInt(300) == 0
                  ? List.of(Double.NaN, Double.POSITIVE_INFINITY).get(random.nextInt(2))
                  : random.nextInt(10);
          default -> value + random.nextInt(3);
        };
    last[series] = Double.isFinite(value) ? value : 0;
    return value;
  }

  /** Scrapes of all series, at a fixed offset each, from one time up to another. */
  private void scrape(Opened opened, long from, long to) {
    MetricBatch batch = new MetricBatch();
    for (int i = 0; i < last.length; i++) {
      String kind = KINDS[i / 2];
      int series =
          batch.addSeries(Opened.labels("__name__", kind + "_total", "i", Integer.toString(i)));
      // The first of each kind is scraped at round times.
      long offset = i % 2 == 0 ? 0 : 1 + random.nextLong(SCRAPE - 1);
      for (long time = from + offset; time < to; time += SCRAPE) {
        boolean gap = kind.equals("gaps") && (time / 900_000) % 3 == i % 3;
        if (gap && random.nextInt(10) == 0) {
          batch.addSample(series, time, 0, StaleMarker.VALUE);
        } else if (kind.equals("native")) {
          batch.addHistogram(series, time, 0, histogram(next(i, kind)));
        } else if (!gap && (!kind.equals("slow") || time / SCRAPE % 12 == 0)) {
          batch.addSample(series, time, kind.equals("started") ? 1000 : 0, next(i, kind));
        }
      }
    }
    opened.node.stores().metrics().append(Opened.TENANT, batch);
  }

  private static NativeHistogram histogram(double count) {
    return new NativeHistogram(
        0,
        NativeHistogram.ResetHint.UNKNOWN,
        true,
        0,
        0,
        count,
        count * 2,
        new int[] {0},
        new int[] {1},
        new double[] {count},
        new int[0],
        new int[0],
        new double[0],
        new double[0]);
  }

  /** Thirty hours in blocks, a late piece of one, and the last hour in the head. */
  private long fill(Opened opened) {
    long end = opened.now.toEpochMilli() / 3_600_000 * 3_600_000;
    long start = end - Duration.ofHours(HOURS).toMillis();
    for (int hour = 0; hour < HOURS; hour++) {
      scrape(opened, start + hour * 3_600_000L, start + (hour + 1) * 3_600_000L);
      if (hour % 3 == 2 && hour < HOURS - 1) {
        opened.node.log().flusher().flushAll();
      }
    }
    opened.node.merge(Signal.METRICS).compact();
    return end;
  }

  private PromqlResult.Answer ask(String query, StepGrid grid, SeriesReader reader) {
    return engine.range(query, grid, LOOKBACK, reader, QueryContext.unlimited());
  }

  private static void assertSame(String what, PromqlResult.Answer got, PromqlResult.Answer want) {
    List<Series> left = ((PromqlResult.RangeMatrix) got.result()).series();
    List<Series> right = ((PromqlResult.RangeMatrix) want.result()).series();
    assertThat(left).as(what).extracting(Series::labels).isEqualTo(labels(right));
    for (int i = 0; i < left.size(); i++) {
      for (int step = 0; step < left.get(i).steps(); step++) {
        String at = what + " " + left.get(i).labels() + " at step " + step;
        assertThat(left.get(i).has(step)).as(at).isEqualTo(right.get(i).has(step));
        if (left.get(i).has(step)) {
          double expected = right.get(i).value(step);
          double found = left.get(i).value(step);
          boolean near = Math.abs(found - expected) <= Math.abs(expected) * 1e-12;
          assertThat(near || Double.valueOf(found).equals(expected))
              .as("%s: %s, not %s", at, found, expected)
              .isTrue();
        }
      }
    }
  }

  private static List<Labels> labels(List<Series> series) {
    return series.stream().map(Series::labels).toList();
  }

  @Test
  void answersAreTheSameWhateverIsRead() {
    try (Opened opened =
        new Opened(directory, "retention.default=14d", "downsampling.enabled=true")) {
      long end = fill(opened);
      long start = end - Duration.ofHours(HOURS + 1).toMillis();
      long[] steps = {60_000, 300_000, 600_000, 900_000, 3_600_000, 7_200_000};
      long few = 0;
      long many = 0;
      try (SeriesReader reader = opened.node.stores().metrics().reader(Opened.TENANT)) {
        SeriesReader samples = new EverySample(reader);
        for (int i = 0; i < Seeds.iterations(120); i++) {
          long step = steps[random.nextInt(steps.length)];
          long shift = random.nextInt(4) == 0 ? 60_000 : 0;
          StepGrid grid = StepGrid.between(start + shift, end + shift, step);
          String query = query(step);
          PromqlResult.Answer got = ask(query, grid, reader);
          PromqlResult.Answer want = ask(query, grid, samples);
          assertSame(query + " " + grid, got, want);
          few += got.samples();
          many += want.samples();
        }
      }
      assertThat(few).isLessThan(many);
    }
  }

  private String query(long step) {
    String name = KINDS[random.nextInt(KINDS.length)] + "_total";
    String offset = List.of("", " offset 10m", " offset 1h").get(random.nextInt(3));
    if (random.nextInt(4) == 0) {
      return List.of(name, "timestamp(" + name + ")", "sum(" + name + ")")
          .get(random.nextInt(3))
          .replace(name, name + offset);
    }
    long range = random.nextInt(3) == 0 ? 31 + random.nextInt(3000) : step / 1000;
    // A small rest beyond whole windows is as if a scrape were missing there: near, not the same.
    range -= range % 300 <= 30 && range > 300 ? range % 300 : 0;
    String function = FUNCTIONS[random.nextInt(FUNCTIONS.length)];
    return function + "(" + name + "[" + range + "s]" + offset + ")";
  }

  @Test
  void aDayAtHoursReadsAFewSamplesOfEachSeries() {
    try (Opened opened =
        new Opened(directory, "retention.default=14d", "downsampling.enabled=true")) {
      long end = fill(opened) - Duration.ofHours(8).toMillis();
      StepGrid grid = StepGrid.between(end - Duration.ofHours(18).toMillis(), end, 3_600_000);
      try (SeriesReader reader = opened.node.stores().metrics().reader(Opened.TENANT)) {
        for (String query :
            List.of(
                "sum(rate(counter_total[1h]))",
                "avg_over_time(gauge_total[1h])",
                "max by (i) (max_over_time(signed_total[1h]))",
                "counter_total")) {
          PromqlResult.Answer got = ask(query, grid, reader);
          PromqlResult.Answer want = ask(query, grid, new EverySample(reader));
          assertThat(got.samples()).as(query).isLessThan(want.samples() / 30);
        }
      }
    }
  }

  @Test
  void aRateOverAStepAndAScrapeReadsAggregatesToo() {
    try (Opened opened =
        new Opened(directory, "retention.default=14d", "downsampling.enabled=true")) {
      long end = fill(opened) - Duration.ofHours(8).toMillis();
      StepGrid grid = StepGrid.between(end - Duration.ofHours(18).toMillis(), end, 300_000);
      String query = "rate(counter_total{i=\"0\"}[315s])";
      try (SeriesReader reader = opened.node.stores().metrics().reader(Opened.TENANT)) {
        PromqlResult.Answer got = ask(query, grid, reader);
        PromqlResult.Answer want = ask(query, grid, new EverySample(reader));
        assertThat(got.samples()).isLessThan(want.samples() / 4);
        assertSame(query, got, want);
      }
    }
  }

  @Test
  void rowsThatAreDeletedAreNotInTheAggregates() {
    try (Opened opened =
        new Opened(directory, "retention.default=14d", "downsampling.enabled=true")) {
      long end = fill(opened);
      long from = end - Duration.ofHours(20).toMillis();
      Deletions.Ask first =
          new Deletions.Ask(Signal.METRICS, List.of("{i=\"0\"}"), from, from + 600_000);
      opened.node.removal().deletions().create(Opened.TENANT, List.of(first));
      StepGrid grid = StepGrid.between(from, end, 3_600_000);
      String query = "count_over_time(counter_total[1h])";
      try (SeriesReader reader = opened.node.stores().metrics().reader(Opened.TENANT)) {
        assertSame(query, ask(query, grid, reader), ask(query, grid, new EverySample(reader)));
      }
    }
  }
}
