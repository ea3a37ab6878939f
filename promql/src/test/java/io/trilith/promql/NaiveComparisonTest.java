package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The operators against the plainest way to compute the same. */
class NaiveComparisonTest {
  private static final long LOOKBACK = 300_000;

  private final PromqlEngine engine = new PromqlEngine(250, LOOKBACK, 60_000);

  private record Sample(long time, double value) {}

  @Test
  void windowsAndAggregationsAgreeWithPlainLoops() {
    SplittableRandom random = Seeds.random("NaiveComparisonTest");
    for (int round = 0; round < Seeds.iterations(50); round++) {
      List<List<Sample>> all = new ArrayList<>();
      MemoryReader reader = new MemoryReader();
      for (int series = 0; series < 4; series++) {
        all.add(fill(reader, random, Labels.of("__name__", "x", "i", "" + series)));
      }
      StepGrid grid = StepGrid.between(-50_000, 900_000, 1 + random.nextLong(120_000));
      long range = 1 + random.nextLong(200_000);
      compare(reader, all, grid, "sum_over_time(x[%dms])", range, w -> sum(w));
      compare(reader, all, grid, "avg_over_time(x[%dms])", range, w -> sum(w) / w.size());
      compare(reader, all, grid, "count_over_time(x[%dms])", range, List::size);
      compare(reader, all, grid, "last_over_time(x[%dms])", range, w -> w.getLast().value());
      compare(reader, all, grid, "max_over_time(x[%dms])", range, NaiveComparisonTest::max);
      compareSum(reader, all, grid);
    }
  }

  private static List<Sample> fill(MemoryReader reader, SplittableRandom random, Labels labels) {
    List<Sample> samples = new ArrayList<>();
    long time = random.nextLong(30_000);
    while (time < 800_000) {
      boolean stale = random.nextInt(15) == 0;
      double value = stale ? StaleMarker.VALUE : random.nextInt(1000) / 8.0;
      reader.add(labels, time, new MemoryReader.Sample(value, null, 0));
      samples.add(new Sample(time, value));
      time += 1 + random.nextLong(random.nextInt(10) == 0 ? 400_000 : 30_000);
    }
    return samples;
  }

  private static double sum(List<Sample> window) {
    double sum = 0;
    for (Sample sample : window) {
      sum += sample.value();
    }
    return sum;
  }

  private static double max(List<Sample> window) {
    double max = window.getFirst().value();
    for (Sample sample : window) {
      max = Math.max(max, sample.value());
    }
    return max;
  }

  private static List<Sample> window(List<Sample> samples, long after, long until) {
    List<Sample> window = new ArrayList<>();
    for (Sample sample : samples) {
      if (sample.time() > after && sample.time() <= until && !StaleMarker.is(sample.value())) {
        window.add(sample);
      }
    }
    return window;
  }

  private List<Series> ask(MemoryReader reader, String query, StepGrid grid) {
    PromqlResult result =
        engine.range(query, grid, LOOKBACK, reader, QueryContext.unlimited()).result();
    return ((PromqlResult.RangeMatrix) result).series();
  }

  private void compare(
      MemoryReader reader,
      List<List<Sample>> all,
      StepGrid grid,
      String query,
      long range,
      ToDoubleFunction<List<Sample>> naive) {
    List<Series> answer = ask(reader, query.replace("%d", "" + range), grid);
    for (int i = 0; i < all.size(); i++) {
      String label = "" + i;
      Series found =
          answer.stream()
              .filter(series -> series.labels().get("i").equals(label))
              .findFirst()
              .orElse(null);
      for (int step = 0; step < grid.count(); step++) {
        List<Sample> window = window(all.get(i), grid.time(step) - range, grid.time(step));
        boolean there = found != null && found.has(step);
        assertThat(there).as("%s at %d", query, grid.time(step)).isEqualTo(!window.isEmpty());
        if (there && found != null) {
          assertThat(found.value(step)).isCloseTo(naive.applyAsDouble(window), within(1e-6));
        }
      }
    }
  }

  private void compareSum(MemoryReader reader, List<List<Sample>> all, StepGrid grid) {
    List<Series> answer = ask(reader, "sum(x)", grid);
    for (int step = 0; step < grid.count(); step++) {
      double sum = 0;
      int count = 0;
      for (List<Sample> samples : all) {
        Sample last = null;
        for (Sample sample : samples) {
          last = sample.time() <= grid.time(step) ? sample : last;
        }
        boolean live =
            last != null
                && last.time() > grid.time(step) - LOOKBACK
                && !StaleMarker.is(last.value());
        if (live && last != null) {
          sum += last.value();
          count++;
        }
      }
      boolean there = !answer.isEmpty() && answer.getFirst().has(step);
      assertThat(there).isEqualTo(count > 0);
      if (there) {
        assertThat(answer.getFirst().value(step)).isCloseTo(sum, within(1e-6));
      }
    }
  }
}
