package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels.Kind;
import io.trilith.logql.pipeline.Needed;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What parsers read from the columns of a page is what they read from the lines. */
class ShapesTest {
  private static final Labels STREAM = Labels.of("app", "shop", "status", "of the stream");
  private static final List<String> STAGES =
      List.of(
          "| json",
          "| logfmt",
          "| logfmt --keep-empty",
          "| logfmt --strict",
          "| logfmt a=\"status\", b=\"msg\"",
          "| json | logfmt",
          "| line_format \"{{.msg}} x=1\" | logfmt");
  private static final List<List<String>> NEEDED =
      List.of(
          List.of("status"),
          List.of("msg", "status_extracted"),
          List.of("a", "b", "x"),
          List.of("http_code", "http", "ok"),
          List.of("dur", "list", "none", "__error__"));

  @TempDir Path directory;
  private final SplittableRandom random = Seeds.random("ShapesTest");

  /** An entry whose line nobody knows the shape of. */
  private record Shapeless(EntryCursor cursor) implements EntryCursor {
    @Override
    public boolean next() {
      return cursor.next();
    }

    @Override
    public long timestamp() {
      return cursor.timestamp();
    }

    @Override
    public byte[] lineArray() {
      return cursor.lineArray();
    }

    @Override
    public int lineStart() {
      return cursor.lineStart();
    }

    @Override
    public int lineEnd() {
      return cursor.lineEnd();
    }

    @Override
    public Labels metadata() {
      return cursor.metadata();
    }
  }

  @Test
  void parsersMakeTheSameOfShapesAndOfLines() {
    int rounds = Seeds.iterations(4);
    for (int round = 0; round < rounds; round++) {
      try (StoreStates states = new StoreStates(directory.resolve("store" + round))) {
        write(states);
        states.flusher.flushAll();
        states.merge.compact();
        try (StreamReader reader = states.store.reader(StoreStates.TENANT)) {
          compare(reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE));
        }
      }
    }
  }

  private void compare(StreamSet streams) {
    int shaped = 0;
    for (String stages : STAGES) {
      for (List<String> names : NEEDED) {
        shaped += compare(streams, () -> pipeline(stages, Needed.of(names)), names, stages);
      }
      shaped += compare(streams, () -> pipeline(stages, Needed.ALL), List.of(), stages);
    }
    assertThat(shaped).as("lines that have shapes").isPositive();
  }

  private static Pipeline pipeline(String stages, Needed needed) {
    return Pipeline.compile(
        new LogqlEngine(250, 100).parser().parseLogs("{app=\"shop\"} " + stages).stages(), needed);
  }

  /** How many lines had a shape. */
  private static int compare(
      StreamSet streams, Supplier<Pipeline> pipeline, List<String> names, String stages) {
    Pipeline byShape = pipeline.get();
    Pipeline byLine = pipeline.get();
    Entry shaped = new Entry();
    Entry shapeless = new Entry();
    int shapes = 0;
    for (int stream = 0; stream < streams.size(); stream++) {
      EntryCursor cursor = streams.entries(stream, 0, Long.MAX_VALUE, Direction.FORWARD);
      while (cursor.next()) {
        shapes += cursor.shape() == null ? 0 : 1;
        String line =
            new String(
                cursor.lineArray(),
                cursor.lineStart(),
                cursor.lineEnd() - cursor.lineStart(),
                StandardCharsets.UTF_8);
        shaped.reset(streams.labels(stream), cursor);
        shapeless.reset(streams.labels(stream), new Shapeless(cursor));
        assertThat(byShape.process(shaped)).isEqualTo(byLine.process(shapeless));
        assertThat(found(shaped, names))
            .as("%s of %s", stages, line)
            .isEqualTo(found(shapeless, names));
      }
    }
    return shapes;
  }

  private static Map<String, String> found(Entry entry, List<String> names) {
    Map<String, String> all = entry.labels().ofKind(Kind.PARSED);
    if (!names.isEmpty()) {
      all.keySet().retainAll(names);
    }
    return all;
  }

  private void write(StoreStates states) {
    LogBatch batch = new LogBatch();
    int stream = batch.addStream(STREAM);
    List<Supplier<String>> kinds = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      kinds.add(random.nextBoolean() ? json() : logfmt());
    }
    for (int i = 0; i < 1000; i++) {
      String text = kinds.get(random.nextInt(kinds.size())).get();
      byte[] line = text.getBytes(StandardCharsets.UTF_8);
      Labels metadata = random.nextInt(4) == 0 ? Labels.of("msg", "of the metadata") : Labels.EMPTY;
      batch.addEntry(stream, 1 + i * 1000L, line, 0, line.length, metadata);
    }
    states.store.append(StoreStates.TENANT, batch);
  }

  /** Lines of one make, with values of many kinds, hostile ones among them. */
  private Supplier<String> json() {
    boolean spaces = random.nextBoolean();
    int bad = random.nextInt(3);
    return () -> {
      String line =
          "{\"msg\":\""
              + text()
              + "\",\"status\":"
              + literal()
              + ",\"ok\":"
              + pick("true", "false", "null", "nul", "0")
              + ",\"http\":{\"code\":\""
              + random.nextInt(1000)
              + "\",\"path\":\"/a/"
              + random.nextInt()
              + text()
              + "\"},\"list\":[1,\""
              + text()
              + "\","
              + random.nextInt(100)
              + "],\"dur\":\""
              + random.nextInt(5000)
              + pick("ms", "s", "")
              + "\",\"none\":null,\"status\":7}";
      if (spaces) {
        line = line.replace(",\"", " , \"");
      }
      return bad == 0 && random.nextInt(5) == 0
          ? line.substring(0, random.nextInt(line.length()))
          : line;
    };
  }

  private Supplier<String> logfmt() {
    boolean bare = random.nextBoolean();
    return () ->
        "level="
            + pick("info", "warn", "")
            + " status="
            + literal()
            + " msg=\""
            + text()
            + "\" dur="
            + random.nextInt(2000)
            + pick("ms", "us", ".5s")
            + (bare ? " word" + random.nextInt(50) + " x" : "")
            + " id="
            + Long.toHexString(random.nextLong())
            + pick("", " status=again", " a=\"", " b=c=d", " =e", " x=" + text());
  }

  private String literal() {
    return switch (random.nextInt(6)) {
      case 0 -> Integer.toString(random.nextInt(600));
      case 1 -> "-" + random.nextInt(9);
      case 2 -> random.nextInt(90) + "." + random.nextInt(1000);
      case 3 -> random.nextInt(9) + "e" + random.nextInt(9);
      default -> pick("200", "404", "500");
    };
  }

  private String text() {
    String words = pick("done", "request failed", "käse", "a.b-c/d", "GET /x?y=1&z=2") + " ";
    return switch (random.nextInt(9)) {
      case 0 -> "say \\\"hello\\\" " + random.nextInt(100);
      case 1 -> "back\\\\slash " + random.nextInt(100);
      case 2 -> "tab\\t" + random.nextInt(100) + "\\u00e9";
      case 3 -> "";
      case 4 -> words + random.nextInt(100) + " {[]}";
      default -> words + random.nextInt(1000);
    };
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }
}
