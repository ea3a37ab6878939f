package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.logql.PatternSource.Pattern;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.StreamReader;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineShapesTest {
  private static final long SECOND = 1_000_000_000L;

  private final LogqlEngine engine = new LogqlEngine(250, 500);
  private final MemoryStreams streams = new MemoryStreams();

  private List<Pattern> patterns() {
    return new PatternSearch()
        .patterns(
            engine.parser().parseLogs("{app=\"a\"}"),
            0,
            100 * SECOND,
            10 * SECOND,
            streams,
            QueryContext.unlimited());
  }

  private void add(int second, String line, String level) {
    streams.add(Labels.of("app", "a"), second * SECOND, line, Labels.of("detected_level", level));
  }

  @Test
  void linesOfOneShapeAreCountedByStepAndLevel() {
    add(1, "user 17 logged in from 10.0.0.1", "info");
    add(2, "user 18 logged in from 10.0.0.2", "info");
    add(11, "user bob logged in from 10.0.0.2", "info");
    add(12, "cannot open the file", "error");
    List<Pattern> patterns = patterns();
    assertThat(patterns)
        .extracting(Pattern::pattern)
        .containsExactly("user <_> logged in from <_>", "cannot open the file");
    assertThat(patterns.getFirst().level()).isEqualTo("info");
    assertThat(patterns.getFirst().counts().toString()).isEqualTo("{0=2, " + 10 * SECOND + "=1}");
  }

  /** In the places of a page's template are phrases then, not words. */
  @Test
  void linesOfARareShapeKeepTheirTextAfterMerges(@TempDir Path directory) {
    try (StoreStates states = new StoreStates(directory)) {
      for (int i = 0; i < 5; i++) {
        LogBatch batch = new LogBatch();
        int stream = batch.addStream(Labels.of("app", "a"));
        byte[] line = ("disk sda" + i + " full on host " + i * 7).getBytes(StandardCharsets.UTF_8);
        batch.addEntry(stream, i, line, 0, line.length, Labels.EMPTY);
        states.store.append(StoreStates.TENANT, batch);
      }
      assertThat(texts(states)).containsExactly("disk <_> full on host <_>");
      states.flusher.flushAll();
      assertThat(texts(states)).containsExactly("disk <_> full on host <_>");
      states.merge.compact();
      assertThat(texts(states)).containsExactly("disk <_> full on host <_>");
    }
  }

  private List<String> texts(StoreStates states) {
    try (StreamReader reader = states.store.reader(StoreStates.TENANT)) {
      return new PatternSearch()
              .patterns(
                  engine.parser().parseLogs("{app=\"a\"}"),
                  0,
                  80,
                  40,
                  reader,
                  QueryContext.unlimited())
              .stream()
              .map(Pattern::pattern)
              .toList();
    }
  }

  @Test
  void shapesThatReadTheSameAreOne() {
    add(1, "a 1 2", "info");
    add(2, "a 1", "info");
    assertThat(patterns()).extracting(Pattern::pattern).doesNotHaveDuplicates();
  }

  /** Lines of split pages, of a fresh block and of the head count as one. */
  @Test
  void linesOfAnyStateOfTheStoreAreCountedOnce(@TempDir Path directory) {
    try (StoreStates states = new StoreStates(directory)) {
      append(states, 0, 40);
      states.flusher.flushAll();
      states.merge.compact();
      append(states, 40, 60);
      states.flusher.flushAll();
      append(states, 60, 80);
      try (StreamReader reader = states.store.reader(StoreStates.TENANT)) {
        List<Pattern> patterns =
            new PatternSearch()
                .patterns(
                    engine.parser().parseLogs("{app=\"a\"}"),
                    0,
                    80,
                    40,
                    reader,
                    QueryContext.unlimited());
        assertThat(patterns)
            .extracting(pattern -> pattern.level() + ": " + pattern.pattern())
            .containsExactly("warn: id=<_> msg=\"slow batch\"", "info: user <_> left");
        assertThat(patterns.getFirst().counts().toString()).isEqualTo("{0=30, 40=30}");
        assertThat(patterns.getLast().counts().toString()).isEqualTo("{0=10, 40=10}");
      }
    }
  }

  private static void append(StoreStates states, int from, int to) {
    LogBatch batch = new LogBatch();
    int stream = batch.addStream(Labels.of("app", "a"));
    for (int i = from; i < to; i++) {
      boolean left = i % 4 == 0;
      String text =
          left ? "user " + i + " left" : "id=4bf92f3577b34da" + i % 8 + " msg=\"slow batch\"";
      byte[] line = text.getBytes(StandardCharsets.UTF_8);
      Labels metadata = Labels.of("detected_level", left ? "info" : "warn");
      batch.addEntry(stream, i, line, 0, line.length, metadata);
    }
    states.store.append(StoreStates.TENANT, batch);
  }

  @Test
  void memoryIsBoundedWhateverTheLinesAre() {
    SplittableRandom random = Seeds.random("LineShapesTest");
    LineShapes shapes = new LineShapes();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder line = new StringBuilder();
      for (int k = random.nextInt(400); k >= 0; k--) {
        line.append((char) ('!' + random.nextInt(90))).append(random.nextInt(3) == 0 ? " " : "");
      }
      shapes.add("", line.toString(), 0);
    }
    shapes.add("", "x".repeat(1 << 20), 0);
    assertThat(shapes.shapes()).hasSizeLessThanOrEqualTo(500);
  }

  /** What is shown is pasted into a filter: it must find the lines it stands for. */
  @Test
  void aPatternAsAFilterFindsItsLines() {
    SplittableRandom random = Seeds.random("LineShapesTest.filter");
    String[] words = {"GET", "/a/b", "took", "12ms", "id=7f", "{\"k\":1}", "[x]", "ok"};
    for (int round = 0; round < Seeds.iterations(200); round++) {
      streams.rows.clear();
      String line = "at";
      for (int i = random.nextInt(6); i >= 0; i--) {
        line += " " + words[random.nextInt(words.length)];
      }
      add(1, line, "info");
      String pattern = patterns().getFirst().pattern();
      String filter = pattern.replace("\\", "\\\\").replace("\"", "\\\"");
      LogqlEngine.LogOptions all =
          new LogqlEngine.LogOptions(
              0, 100 * SECOND, io.trilith.logstore.StreamSet.Direction.FORWARD, 10, 0, true);
      LogqlResult found =
          engine
              .logs(
                  engine.parser().parseLogs("{app=\"a\"} |> \"" + filter + "\""),
                  all,
                  streams,
                  QueryContext.unlimited())
              .result();
      assertThat(((LogqlResult.Streams) found).streams()).as(line + " by " + pattern).hasSize(1);
    }
  }
}
