package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.Quantiles;
import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Aggregations of series that pass by, against the same of series that are all there. */
class StreamingAggregationTest {
  private static final long LOOKBACK = 300_000;

  /**
   * Vectors in order of labels, so that answers have them in the order in which they are folded.
   */
  private static final String[] INPUTS = {
    "m",
    "m offset 40s",
    "m @ 300",
    "-m",
    "m * 3",
    "2 > bool m",
    "m > 4",
    "clamp_min(m, 5)",
    "timestamp(m)",
    "(m > 3) and m{a!=\"0\"}",
    "m unless (m < 5)",
    "rate(m[2m])",
    "delta(m[90s] offset 10s)",
    "irate(m[1m])",
    "avg_over_time(m[100s])",
    "max_over_time((m + 1)[2m:17s])",
    "rate(m[2m] @ 300)",
    "abs(-rate(m[2m]) * 7)"
  };

  private final PromqlEngine engine = new PromqlEngine(250, LOOKBACK, 60_000);

  @Test
  void foldsTheSameAsWithAllSeriesAtHand() {
    SplittableRandom random = Seeds.random("StreamingAggregationTest");
    for (int round = 0; round < Seeds.iterations(40); round++) {
      MemoryReader reader = data(random, round % 2 == 0);
      StepGrid grid =
          round % 5 == 0
              ? StepGrid.instant(random.nextLong(600_000))
              : StepGrid.between(-60_000, 700_000, 1 + random.nextLong(60_000));
      for (String input : INPUTS) {
        Map<String, List<Series>> groups = new TreeMap<>();
        for (Series series : ask(reader, input, grid)) {
          groups.computeIfAbsent(series.labels().get("a"), key -> new ArrayList<>()).add(series);
        }
        for (FloatAggregate.Kind kind : FloatAggregate.Kind.values()) {
          String query = kind.name().toLowerCase(Locale.ROOT) + " by (a) (" + input + ")";
          compare(query, groups, ask(reader, query, grid), (m, step) -> fold(kind, m, step));
        }
        String quantile = "quantile by (a) (0.3, " + input + ")";
        compare(quantile, groups, ask(reader, quantile, grid), StreamingAggregationTest::quantile);
        compareBest("topk", reader, input, groups, grid);
        compareBest("bottomk", reader, input, groups, grid);
      }
    }
  }

  /** What a group should have at a step: a number, a histogram's count, or nothing. */
  private interface Fold {
    @Nullable Double at(List<Series> members, int step);
  }

  private static MemoryReader data(SplittableRandom random, boolean histograms) {
    MemoryReader reader = new MemoryReader();
    for (int i = 0; i < 7; i++) {
      Labels labels = Labels.of("__name__", "m", "a", "" + i % 3, "b", "" + i);
      boolean mixed = histograms && i % 3 == 1;
      double total = 0;
      for (long time = random.nextLong(20_000); time < 600_000; time += 15_000) {
        if (random.nextInt(12) == 0) {
          time += random.nextLong(400_000);
        }
        total = random.nextInt(9) == 0 ? 0 : total + random.nextDouble();
        double value =
            switch (random.nextInt(24)) {
              case 0 -> StaleMarker.VALUE;
              case 1 -> Double.NaN;
              case 2 -> random.nextBoolean() ? 1e300 : Double.POSITIVE_INFINITY;
              default -> total * (random.nextInt(6) == 0 ? 1e10 : 1);
            };
        NativeHistogram histogram = mixed && random.nextInt(4) > 0 ? histogram() : null;
        reader.add(labels, time, new MemoryReader.Sample(value, histogram, 0));
      }
    }
    return reader;
  }

  private static NativeHistogram histogram() {
    SeriesNotation.Row row = SeriesNotation.row("h {{schema:0 sum:5 count:4 buckets:[1 2 1]}}");
    return Objects.requireNonNull(Objects.requireNonNull(row.points().get(0)).histogram())
        .toNative();
  }

  private List<Series> ask(MemoryReader reader, String query, StepGrid grid) {
    PromqlResult result =
        engine.range(query, grid, LOOKBACK, reader, QueryContext.unlimited()).result();
    return ((PromqlResult.RangeMatrix) result).series();
  }

  private static void compare(
      String query, Map<String, List<Series>> groups, List<Series> answer, Fold fold) {
    for (Map.Entry<String, List<Series>> group : groups.entrySet()) {
      Series found = null;
      for (Series series : answer) {
        found = series.labels().get("a").equals(group.getKey()) ? series : found;
      }
      int steps = group.getValue().getFirst().steps();
      for (int step = 0; step < steps; step++) {
        Double expected = fold.at(group.getValue(), step);
        boolean there = found != null && found.has(step);
        assertThat(there)
            .as("%s, a=%s, %d", query, group.getKey(), step)
            .isEqualTo(expected != null);
        if (there && found != null) {
          FloatHistogram histogram = found.histogram(step);
          double value = histogram == null ? found.value(step) : histogram.count();
          assertThat(value).as("%s, a=%s, %d", query, group.getKey(), step).isEqualTo(expected);
        }
      }
    }
    assertThat(answer.size()).as(query).isLessThanOrEqualTo(groups.size());
  }

  private static @Nullable Double fold(FloatAggregate.Kind kind, List<Series> members, int step) {
    FloatAggregate floats = new FloatAggregate(kind, 1);
    double counts = 0;
    int histograms = 0;
    for (Series member : members) {
      FloatHistogram histogram = member.histogram(step);
      if (histogram != null) {
        counts += histogram.count();
        histograms++;
      } else if (member.has(step)) {
        floats.add(0, member.value(step));
      }
    }
    return switch (kind) {
      case COUNT -> floats.count(0) + histograms == 0 ? null : 0.0 + floats.count(0) + histograms;
      case GROUP -> floats.count(0) + histograms == 0 ? null : 1.0;
      case SUM, AVG -> {
        if (histograms > 0) {
          double divisor = kind == FloatAggregate.Kind.AVG ? histograms : 1;
          yield floats.count(0) > 0 ? null : counts / divisor;
        }
        yield floats.count(0) == 0 ? null : floats.value(0);
      }
      default -> floats.count(0) == 0 ? null : floats.value(0);
    };
  }

  private static @Nullable Double quantile(List<Series> members, int step) {
    double[] values = new double[members.size()];
    int size = 0;
    for (Series member : members) {
      if (member.has(step) && member.histogram(step) == null) {
        values[size++] = member.value(step);
      }
    }
    return size == 0 ? null : Quantiles.of(0.3, values, size);
  }

  private void compareBest(
      String op,
      MemoryReader reader,
      String input,
      Map<String, List<Series>> groups,
      StepGrid grid) {
    String query = op + " by (a) (2, " + input + ")";
    List<Series> answer = ask(reader, query, grid);
    for (List<Series> members : groups.values()) {
      for (int step = 0; step < grid.count(); step++) {
        int at = step;
        List<Series> best = new ArrayList<>(members);
        best.removeIf(member -> !member.has(at) || member.histogram(at) != null);
        best.sort(
            (a, b) -> {
              boolean nan = Double.isNaN(a.value(at)) || Double.isNaN(b.value(at));
              if (nan) {
                return Boolean.compare(Double.isNaN(a.value(at)), Double.isNaN(b.value(at)));
              }
              int order = a.value(at) < b.value(at) ? -1 : a.value(at) > b.value(at) ? 1 : 0;
              return op.equals("topk") ? -order : order;
            });
        for (Series member : members) {
          boolean expected = best.indexOf(member) >= 0 && best.indexOf(member) < 2;
          Series found = null;
          for (Series series : answer) {
            found = series.labels().equals(member.labels()) ? series : found;
          }
          boolean there = found != null && found.has(step);
          assertThat(there).as("%s %s %d", query, member.labels(), step).isEqualTo(expected);
          if (there && found != null) {
            assertThat(found.value(step)).isEqualTo(Double.valueOf(member.value(step)));
          }
        }
      }
    }
  }

  @Test
  void aggregatesAHundredThousandSeriesWithinTheDefaultBudget() {
    int count = 100_000;
    StepGrid grid = StepGrid.between(0, 239 * 15_000L, 15_000);
    for (String query :
        List.of(
            "sum by (job) (rate(m_total[5m]))",
            "count(m_total > 3)",
            "topk(5, m_total * 2)",
            "avg(-m_total) / max(m_total)")) {
      QueryBudget budget = new QueryBudget(Long.MAX_VALUE, 1_000_000, 64 << 20);
      List<Series> answer = ask(new ManySeries(count), query, grid, budget);
      assertThat(answer).as(query).isNotEmpty();
      assertThat(budget.bytes()).as(query).isLessThan(1 << 20);
    }
    QueryBudget budget = new QueryBudget(Long.MAX_VALUE, 1_000_000, 64 << 20);
    assertThatThrownBy(() -> ask(new ManySeries(count), "rate(m_total[5m])", grid, budget))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("query.bytes-max");
  }

  private List<Series> ask(ManySeries reader, String query, StepGrid grid, QueryBudget budget) {
    QueryContext free = QueryContext.unlimited();
    QueryContext context =
        new QueryContext(
            budget, free.annotations(), free.clock(), free.deadline(), free.cancelled());
    PromqlResult result = engine.range(query, grid, LOOKBACK, reader, context).result();
    return ((PromqlResult.RangeMatrix) result).series();
  }
}
