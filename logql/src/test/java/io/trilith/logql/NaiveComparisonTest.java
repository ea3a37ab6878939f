package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The engine against the plainest evaluation of the same queries. */
class NaiveComparisonTest {
  private static final long SECOND = 1_000_000_000L;

  private final LogqlEngine engine = new LogqlEngine(250, 500);

  private record Sample(Labels labels, long time, double value) {}

  private static MemoryStreams random(SplittableRandom random, List<Sample> samples) {
    MemoryStreams streams = new MemoryStreams();
    for (int i = 0; i < 300; i++) {
      Labels stream = Labels.of("app", "a" + random.nextInt(3), "pod", "p" + random.nextInt(2));
      long time = random.nextLong(600) * SECOND + random.nextInt(3);
      int value = random.nextInt(100);
      Labels metadata = random.nextBoolean() ? Labels.EMPTY : Labels.of("user", "u" + value % 2);
      streams.add(stream, time, "v=" + value + " k=" + value % 3, metadata);
      Labels.Builder all = stream.toBuilder();
      metadata.toMap().forEach(all::set);
      samples.add(new Sample(all.set("k", "" + value % 3).build(), time, value));
    }
    return streams;
  }

  private Map<String, Double> evaluate(String query, MemoryStreams streams, long step) {
    Expr.Metric metric = (Expr.Metric) engine.parser().parse(query);
    LogqlResult result =
        engine.range(metric, 0, 600 * SECOND, step, streams, QueryContext.unlimited()).result();
    LogqlResult.RangeMatrix matrix = (LogqlResult.RangeMatrix) result;
    Map<String, Double> points = new TreeMap<>();
    for (StepSeries series : matrix.series()) {
      for (int i = 0; i < matrix.grid().count(); i++) {
        if (series.has(i)) {
          points.put(series.labels() + "@" + matrix.grid().time(i), series.values()[i]);
        }
      }
    }
    return points;
  }

  private static Map<String, Double> naive(
      List<Sample> samples, List<String> by, long range, long step, ToDoubleFunction<double[]> f) {
    Map<String, Double> points = new TreeMap<>();
    for (long time = 0; time - step < 600 * SECOND; time += step) { // the end moves outwards
      Map<Labels, List<Sample>> groups = new TreeMap<>();
      for (Sample sample : samples) {
        if (sample.time() > time - range && sample.time() <= time) {
          Labels group = sample.labels().filter(by::contains);
          groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(sample);
        }
      }
      for (Map.Entry<Labels, List<Sample>> group : groups.entrySet()) {
        group.getValue().sort(Comparator.comparingLong(Sample::time));
        double[] values = group.getValue().stream().mapToDouble(Sample::value).toArray();
        points.put(group.getKey() + "@" + time / 1_000_000, f.applyAsDouble(values));
      }
    }
    return points;
  }

  private static void assertSame(Map<String, Double> actual, Map<String, Double> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (point, value) -> assertThat(actual.get(point)).as(point).isCloseTo(value, within(1e-9)));
  }

  @Test
  void rangeFunctionsGiveWhatTheirDefinitionSays() {
    SplittableRandom random = Seeds.random("NaiveComparisonTest");
    for (int i = 0; i < Seeds.iterations(10); i++) {
      List<Sample> samples = new ArrayList<>();
      MemoryStreams streams = random(random, samples);
      long range = (1 + random.nextInt(120)) * SECOND;
      long step = (1 + random.nextInt(60)) * SECOND;
      String window = "[" + range / SECOND + "s]";
      String selector = "({app=~\".+\"} | logfmt v, k | unwrap v " + window + ")";
      double seconds = range / 1e9;
      List<String> all = List.of("app", "pod", "user", "k");
      assertSame(
          evaluate("count_over_time({app=~\".+\"} | logfmt k " + window + ")", streams, step),
          naive(samples, all, range, step, v -> v.length));
      assertSame(
          evaluate("sum by (app, k) (rate({app=~\".+\"} | logfmt " + window + "))", streams, step),
          naive(samples, List.of("app", "k"), range, step, v -> v.length / seconds));
      assertSame(
          evaluate("sum by (pod) (sum_over_time" + selector + ")", streams, step),
          naive(samples, List.of("pod"), range, step, v -> Arrays.stream(v).sum()));
      assertSame(
          evaluate("max_over_time" + selector + " by (app)", streams, step),
          naive(samples, List.of("app"), range, step, v -> Arrays.stream(v).max().orElse(0)));
      assertSame(
          evaluate("avg_over_time" + selector + " by (user)", streams, step),
          naive(samples, List.of("user"), range, step, v -> Arrays.stream(v).average().orElse(0)));
      assertSame(
          evaluate("min_over_time" + selector, streams, step),
          naive(samples, all, range, step, v -> Arrays.stream(v).min().orElse(0)));
    }
  }

  @Test
  void logQueriesMergeByTimeAndStopAtTheLimit() {
    SplittableRandom random = Seeds.random("NaiveComparisonTest.logs");
    MemoryStreams streams = random(random, new ArrayList<>());
    Expr.Logs logs = engine.parser().parseLogs("{app=~\".+\"} |= \"k=1\"");
    List<Long> times = new ArrayList<>();
    streams
        .rows
        .values()
        .forEach(
            rows -> rows.forEach(row -> times.add(row.line().contains("k=1") ? row.time() : -1L)));
    times.removeIf(time -> time < 100 * SECOND || time >= 500 * SECOND);
    for (Direction direction : Direction.values()) {
      times.sort(
          direction == Direction.FORWARD ? Comparator.naturalOrder() : Comparator.reverseOrder());
      LogOptions options = new LogOptions(100 * SECOND, 500 * SECOND, direction, 20, 0, true);
      LogqlResult result = engine.logs(logs, options, streams, QueryContext.unlimited()).result();
      List<Long> got = new ArrayList<>();
      ((LogqlResult.Streams) result)
          .streams()
          .forEach(stream -> stream.entries().forEach(entry -> got.add(entry.time())));
      got.sort(
          direction == Direction.FORWARD ? Comparator.naturalOrder() : Comparator.reverseOrder());
      assertThat(got).isEqualTo(times.subList(0, 20));
    }
  }

  @Test
  void failedEntriesFailMetricQueriesUnlessTheirLabelsAreNotNeeded() {
    MemoryStreams streams = new MemoryStreams();
    streams.add(Labels.of("app", "a"), SECOND, "{\"x\":1}", Labels.EMPTY);
    streams.add(Labels.of("app", "a"), 2 * SECOND, "no json", Labels.EMPTY);
    assertThat(evaluate("sum(count_over_time({app=\"a\"} | json [1m]))", streams, 60 * SECOND))
        .containsEntry("{}@60000", 2.0);
    assertThat(
            evaluate(
                "sum(count_over_time({app=\"a\"} | json | __error__=\"\" [1m]))",
                streams,
                60 * SECOND))
        .containsEntry("{}@60000", 1.0);
    assertThatThrownBy(
            () -> evaluate("count_over_time({app=\"a\"} | json [1m])", streams, 60 * SECOND))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("JSONParserErr");
  }

  @Test
  void orGivesOneSeriesPerLabels() {
    MemoryStreams streams = new MemoryStreams();
    streams.add(Labels.of("app", "a"), 10 * SECOND, "x", Labels.EMPTY);
    Map<String, Double> points =
        evaluate("sum(count_over_time({app=\"a\"}[1m])) or vector(0)", streams, 60 * SECOND);
    assertThat(points).hasSize(11).containsEntry("{}@60000", 1.0).containsEntry("{}@120000", 0.0);
  }
}
