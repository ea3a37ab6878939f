package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random queries over a store in each of its states answer what the plainest evaluation over the
 * same entries does. {@code -Dtests.iters} is the number of queries.
 */
class ModelTest {
  private static final int QUERIES_PER_STORE = 100;

  @TempDir Path directory;

  private final LogqlEngine engine = new LogqlEngine(250, 100_000);
  private final SplittableRandom random = Seeds.random("ModelTest");
  private final ModelLogs logs = new ModelLogs(random);

  @Test
  void queriesOverAStoreInAnyStateAnswerWhatANaiveEvaluationDoes() {
    int queries = Seeds.iterations(400);
    for (int done = 0; done < queries; done += QUERIES_PER_STORE) {
      List<ModelEntry.Sent> entries = logs.entries(200 + random.nextInt(400));
      Path path = directory.resolve("store" + done);
      try (StoreStates states = new StoreStates(path)) {
        int half = entries.size() / 2;
        send(states, entries.subList(0, half));
        ask(states, entries.subList(0, half));
        states.flusher.flushAll();
        send(states, entries.subList(half, entries.size()));
        ask(states, entries);
        states.flusher.flushAll();
        ask(states, entries);
        // What comes twice, in several blocks.
        for (int i = 0; i < 3; i++) {
          send(states, entries.subList(i * half / 4, half));
          states.flusher.flushAll();
        }
        states.merge.run();
        ask(states, entries);
        send(states, entries.subList(half / 2, half));
      }
      try (StoreStates restarted = new StoreStates(path)) {
        ask(restarted, entries);
      }
    }
  }

  private void send(StoreStates states, List<ModelEntry.Sent> entries) {
    for (int from = 0; from < entries.size(); from += 64) {
      LogBatch batch = new LogBatch();
      for (ModelEntry.Sent sent : entries.subList(from, Math.min(entries.size(), from + 64))) {
        byte[] line = sent.line().getBytes(StandardCharsets.UTF_8);
        int stream = batch.addStream(sent.stream());
        batch.addEntry(stream, sent.time(), line, 0, line.length, sent.metadata());
      }
      states.store.append(StoreStates.TENANT, batch);
    }
  }

  private void ask(StoreStates states, List<ModelEntry.Sent> entries) {
    try (StreamReader reader = states.store.reader(StoreStates.TENANT)) {
      for (int i = 0; i < QUERIES_PER_STORE / 5; i++) {
        if (random.nextInt(5) < 2) {
          askLogs(reader, entries);
        } else {
          askMetric(reader, entries);
        }
      }
    }
  }

  /** An entry as both sides show it. */
  private record Shown(long time, String line, Map<String, String> labels) {}

  private void askLogs(StreamReader reader, List<ModelEntry.Sent> entries) {
    String kind = logs.any(ModelLogs.KINDS);
    List<ModelStage> stages = logs.pipeline(kind, false);
    String text =
        "{kind=\""
            + kind
            + "\"} "
            + String.join(" ", stages.stream().map(ModelStage::text).toList());
    long start = ModelLogs.START + random.nextInt(ModelLogs.SECONDS) * ModelLogs.SECOND / 2;
    long end = start + random.nextInt(ModelLogs.SECONDS) * ModelLogs.SECOND;
    Direction direction = random.nextBoolean() ? Direction.FORWARD : Direction.BACKWARD;
    int limit = random.nextInt(3) == 0 ? 1 + random.nextInt(20) : 5000;
    List<Shown> expected = new ArrayList<>();
    for (ModelEntry.Sent sent : entries.stream().distinct().toList()) {
      ModelEntry entry = new ModelEntry(sent);
      if (sent.stream().get("kind").equals(kind)
          && sent.time() >= start
          && sent.time() < end
          && ModelQuery.run(stages, entry)) {
        expected.add(new Shown(entry.time, entry.line, entry.shown()));
      }
    }
    sort(expected, direction);
    LogOptions options = new LogOptions(start, end, direction, limit, 0, false);
    LogqlResult result =
        engine
            .logs(engine.parser().parseLogs(text), options, reader, QueryContext.unlimited())
            .result();
    List<Shown> actual = new ArrayList<>();
    for (LogqlResult.LogStream stream : ((LogqlResult.Streams) result).streams()) {
      Map<String, String> labels = new TreeMap<>(stream.labels());
      labels.remove("__error_details__");
      stream.entries().forEach(e -> actual.add(new Shown(e.time(), e.line(), labels)));
    }
    sort(actual, direction);
    List<Shown> wanted = expected.subList(0, Math.min(limit, expected.size()));
    for (int i = 0; i < Math.min(wanted.size(), actual.size()); i++) {
      assertThat(actual.get(i)).as("%s, entry %d", text, i).isEqualTo(wanted.get(i));
    }
    assertThat(actual)
        .as("%s from %d to %d %s limit %d", text, start, end, direction, limit)
        .hasSize(wanted.size());
  }

  private static void sort(List<Shown> entries, Direction direction) {
    Comparator<Shown> byTime = Comparator.comparingLong(Shown::time);
    entries.sort(direction == Direction.FORWARD ? byTime : byTime.reversed());
  }

  private void askMetric(StreamReader reader, List<ModelEntry.Sent> entries) {
    ModelQuery query = ModelQuery.any(entries, logs);
    Expr.Metric metric = (Expr.Metric) engine.parser().parse(query.text());
    long start = ModelLogs.START + random.nextInt(ModelLogs.SECONDS) * ModelLogs.SECOND;
    if (random.nextBoolean()) {
      LogqlResult result = engine.instant(metric, start, reader, QueryContext.unlimited()).result();
      LogqlResult.InstantVector vector = (LogqlResult.InstantVector) result;
      assertSame(query, start, values(vector.series(), 0));
      return;
    }
    long step = (10 + random.nextInt(400)) * ModelLogs.SECOND;
    long end = start + random.nextInt(ModelLogs.SECONDS) * ModelLogs.SECOND;
    LogqlResult.RangeMatrix matrix =
        (LogqlResult.RangeMatrix)
            engine.range(metric, start, end, step, reader, QueryContext.unlimited()).result();
    // The start moves back and the end on, to multiples of the step.
    long first = Math.floorDiv(start, step) * step;
    long last = Math.ceilDiv(end, step) * step;
    assertThat(matrix.grid().count()).isEqualTo((int) ((last - first) / step) + 1);
    for (int i = 0; i < matrix.grid().count(); i++) {
      assertSame(query, first + i * step, values(matrix.series(), i));
    }
  }

  private static Map<Map<String, String>, Double> values(List<StepSeries> series, int step) {
    Map<Map<String, String>, Double> values = ModelQuery.empty();
    for (StepSeries one : series) {
      if (one.has(step)) {
        values.put(new TreeMap<>(one.labels().toMap()), one.values()[step]);
      }
    }
    return values;
  }

  private static void assertSame(
      ModelQuery query, long time, Map<Map<String, String>, Double> actual) {
    Map<Map<String, String>, Double> expected = query.at().at(time);
    Map<String, String> wrong = new HashMap<>();
    expected.forEach(
        (labels, value) -> {
          Double found = actual.get(labels);
          if (found == null || !near(found, value)) {
            wrong.put(labels.toString(), "wanted " + value + " but was " + found);
          }
        });
    actual.forEach(
        (labels, value) -> {
          if (!expected.containsKey(labels)) {
            wrong.put(labels.toString(), "not wanted: " + value);
          }
        });
    assertThat(wrong).as("%s at %d", query.text(), time).isEmpty();
  }

  private static boolean near(double a, double b) {
    return a == b
        || (Double.isNaN(a) && Double.isNaN(b))
        || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.max(Math.abs(a), Math.abs(b)));
  }
}
