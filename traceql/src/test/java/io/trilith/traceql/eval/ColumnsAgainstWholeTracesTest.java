package io.trilith.traceql.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.traceql.metrics.Series;
import io.trilith.traceql.metrics.Windows;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random queries over random traces in heads, blocks, merged blocks and after restarts: the answer
 * from columns has to be that of looking at every trace whole.
 */
class ColumnsAgainstWholeTracesTest {
  private static final TenantId TENANT = OpenedStore.TENANT;
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path directory;

  /** Shows every trace whole, whatever is asked. */
  private record Naive(List<Trace> traces) implements SpanReader {
    @Override
    public @Nullable Trace trace(TraceId id, int spansMax, ReadCost cost) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void scan(long min, long max, int spansMax, ReadCost cost, Visitor visitor) {
      for (Trace trace : traces) {
        boolean overlaps = false;
        for (Span span : trace.spans()) {
          overlaps |= span.startNanos() <= max && span.lastNanos() >= min;
        }
        boolean _ = overlaps && visitor.visit(trace);
      }
    }

    @Override
    public void select(Selection selection, ReadCost cost, SelectVisitor visitor) {
      scan(selection.minNanos(), selection.maxNanos(), 0, cost, visitor);
    }

    @Override
    public void rows(RowSelection selection, ReadCost cost, Consumer<SpanRow> rows, Visitor whole) {
      scan(selection.minNanos(), selection.maxNanos(), 0, cost, whole);
    }

    @Override
    public void keys(long min, long max, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void values(
        SpanField field, long min, long max, ReadCost cost, Consumer<AttributeValue> to) {
      throw new UnsupportedOperationException();
    }
  }

  private static <T> T any(SplittableRandom random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static AttributeValue value(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth > 0 ? 5 : 8)) {
      case 0, 1 -> new AttributeValue.Text(any(random, List.of("x", "y", "ä中", "", "xyz")));
      case 2 -> new AttributeValue.Int(random.nextInt(-2, 4));
      case 3 -> new AttributeValue.Real(any(random, List.of(0.0, 1.0, 2.5, Double.NaN, -0.0)));
      case 4 -> new AttributeValue.Bool(random.nextBoolean());
      case 5 -> {
        List<AttributeValue> items = new ArrayList<>();
        for (int left = random.nextInt(3); left > 0; left--) {
          items.add(value(random, 1));
        }
        yield new AttributeValue.Items(items);
      }
      case 6 -> new AttributeValue.Empty();
      default -> new AttributeValue.Bytes(new byte[] {1, 2});
    };
  }

  /** Keys may come twice. */
  private static Attributes attributes(SplittableRandom random, int max) {
    int count = random.nextInt(max + 1);
    String[] keys = new String[count];
    AttributeValue[] values = new AttributeValue[count];
    for (int i = 0; i < count; i++) {
      keys[i] = any(random, List.of("a", "b", "c"));
      values[i] = value(random, 0);
    }
    return Attributes.of(keys, values);
  }

  private static Attributes service(SplittableRandom random) {
    return random.nextInt(3) > 0
        ? attributes(random, 2)
        : Attributes.of(
            new String[] {"service.name"},
            new AttributeValue[] {new AttributeValue.Text(any(random, List.of("x", "y")))});
  }

  private static Span span(SplittableRandom random) {
    TraceId id = new TraceId(random.nextInt(2) == 0 ? -1 : 0, random.nextInt(1, 25));
    List<Span.Event> events = new ArrayList<>();
    for (int left = random.nextInt(4) - 1; left > 0; left--) {
      events.add(new Span.Event(1, any(random, List.of("e", "f")), attributes(random, 2), 0));
    }
    List<Span.Link> links = new ArrayList<>();
    for (int left = random.nextInt(4) - 2; left > 0; left--) {
      links.add(new Span.Link(id, 1, "", 0, attributes(random, 2), 0));
    }
    long start = random.nextLong(1000 * SECOND);
    return new Span(
        id,
        random.nextInt(1, 12),
        random.nextInt(12),
        "",
        0,
        any(random, List.of("op", "get", "put")),
        random.nextInt(6),
        start,
        // Some end before they start.
        start + random.nextLong(random.nextInt(6) == 0 ? -20 * SECOND : 0, 20 * SECOND),
        new Span.Status(random.nextInt(3), any(random, List.of("", "bad"))),
        attributes(random, 3),
        events,
        links,
        Span.Dropped.NOTHING,
        new Span.Resource(service(random), 0, ""),
        new Span.Scope(any(random, List.of("lib", "")), "1", attributes(random, 1), 0, ""));
  }

  private static String field(SplittableRandom random) {
    return any(
        random,
        List.of(
            "span.a",
            "span.b",
            "span.a",
            "resource.a",
            "resource.b",
            ".a",
            ".b",
            "event.a",
            "event.b",
            "link.a",
            "instrumentation.a",
            "name",
            "kind",
            "status",
            "statusMessage",
            "duration",
            "event:name",
            "instrumentation:name",
            "traceDuration",
            "rootName",
            "rootServiceName",
            "span:childCount",
            "nestedSetParent",
            "trace:id",
            "span:id",
            "event:timeSinceStart"));
  }

  private static String constant(SplittableRandom random) {
    return any(
        random,
        List.of(
            "\"x\"", "\"xyz\"", "\"\"", "\"op\"", "\"ä中\"", "1", "2", "-1", "2.5", "0", "true",
            "false", "nil", "10s", "500ms", "error", "ok", "server", "1 + 1", "\"e\"", "1/0"));
  }

  private static String condition(SplittableRandom random, int depth) {
    if (depth < 3 && random.nextInt(3) == 0) {
      String operator = any(random, List.of(" && ", " || "));
      return "(" + condition(random, depth + 1) + operator + condition(random, depth + 1) + ")";
    }
    return switch (random.nextInt(12)) {
      case 0 -> "!(" + condition(random, 3) + ")";
      case 1 -> field(random) + any(random, List.of(" =~ ", " !~ ")) + "\"x.*|op|[be].?\"";
      case 2 -> constant(random) + operator(random) + field(random);
      case 3 -> field(random) + operator(random) + field(random);
      case 4 -> field(random) + any(random, List.of(" = nil", " != nil"));
      case 5 -> field(random);
      case 6 -> any(random, List.of("true", "false"));
      case 7 ->
          any(random, List.of("traceDuration", "rootName", "rootServiceName"))
              + operator(random)
              + any(random, List.of("300s", "800s", "0s", "\"op\"", "\"x\""));
      default -> field(random) + operator(random) + constant(random);
    };
  }

  private static String operator(SplittableRandom random) {
    return any(random, List.of(" = ", " = ", " != ", " < ", " <= ", " > ", " >= "));
  }

  private static String spansets(SplittableRandom random, int depth) {
    if (depth < 2 && random.nextInt(2) == 0) {
      String operator =
          any(
              random,
              List.of("&&", "||", ">>", ">", "<<", "<", "~", "!>>", "!>", "!~", "&>>", "&>", "&~"));
      return "("
          + spansets(random, depth + 1)
          + " "
          + operator
          + " "
          + spansets(random, depth + 1)
          + ")";
    }
    return random.nextInt(8) == 0 ? "{ }" : "{ " + condition(random, 0) + " }";
  }

  private static String search(SplittableRandom random) {
    return spansets(random, 0)
        + any(
            random,
            List.of(
                "",
                "",
                "",
                " | count() > 1",
                " | by(span.a)",
                " | { span.b = 1 }",
                " | coalesce()",
                " | max(duration) > 2s"));
  }

  private static String metrics(SplittableRandom random) {
    String function =
        any(
            random,
            List.of(
                "rate()",
                "count_over_time()",
                "sum_over_time(span.a)",
                "max_over_time(duration)",
                "quantile_over_time(duration, .5)",
                "histogram_over_time(.b)",
                "compare({ span.a = \"x\" }, 5)",
                "min_over_time(resource.a)"));
    String by =
        function.startsWith("compare")
            ? ""
            : any(
                random,
                List.of(
                    "",
                    " by(span.a)",
                    " by(.a)",
                    " by(name, resource.b)",
                    " by(kind)",
                    " by(status)",
                    " by(rootName)",
                    " by(event.a)",
                    " by(instrumentation:name)"));
    String filter =
        random.nextInt(3) == 0 ? spansets(random, 0) : "{ " + condition(random, 1) + " }";
    return filter + " | " + function + by;
  }

  private static @Nullable TraceQuery parse(String text) {
    try {
      return TraceQueries.parse(text);
    } catch (InvalidRequestException e) {
      return null;
    }
  }

  private static List<String> found(SpanReader reader, TraceSearch.Request request) {
    List<String> found = new ArrayList<>();
    for (TraceSearch.FoundTrace trace :
        TraceSearch.run(reader, request, QueryContext.unlimited()).traces()) {
      found.add(trace.toString());
    }
    return found;
  }

  private static List<String> series(SpanReader reader, TraceQuery.Series query, Windows windows) {
    List<String> lines = new ArrayList<>();
    MetricsEngine.Limits limits =
        new MetricsEngine.Limits(100_000, 0, Integer.MAX_VALUE, Long.MAX_VALUE);
    for (Series one :
        MetricsEngine.run(query.metrics(), reader, windows, limits, QueryContext.unlimited())) {
      // Sums of floats depend on the order of spans in the last digits.
      double[] rounded = Arrays.stream(one.values()).map(v -> (float) v + 0.0).toArray();
      lines.add(one.labels() + " " + Arrays.toString(rounded));
    }
    return lines;
  }

  @Test
  void columnsAnswerAsWholeTracesDo() {
    SplittableRandom random = Seeds.random("columnsAnswerAsWholeTracesDo");
    Map<TraceId, Map<String, Span>> model = new TreeMap<>();
    OpenedStore opened = new OpenedStore(directory);
    int searches = 0;
    int answered = 0;
    for (int step = 0; step < Seeds.iterations(60); step++) {
      SpanBatch batch = new SpanBatch();
      for (int n = random.nextInt(1, 12); n > 0; n--) {
        Span span = span(random);
        batch.add(span);
        model
            .computeIfAbsent(span.traceId(), _ -> new TreeMap<>())
            .put(span.spanId() + "/" + span.kind(), span);
      }
      opened.store.append(TENANT, batch);
      switch (random.nextInt(12)) {
        case 0, 1 -> opened.flusher.flushAll();
        case 2 -> opened.merge();
        case 3 -> opened = new OpenedStore(directory);
        default -> {}
      }
      List<Trace> traces = new ArrayList<>();
      model.forEach((id, spans) -> traces.add(Trace.of(id, spans.values())));
      Naive naive = new Naive(traces);
      try (SpanReader reader = opened.store.reader(TENANT)) {
        for (int i = 0; i < 20; i++) {
          long min = random.nextInt(3) == 0 ? random.nextLong(1000 * SECOND) : 0;
          long max = random.nextInt(3) == 0 ? min + random.nextLong(200 * SECOND) : 2000 * SECOND;
          String text = random.nextInt(3) == 0 ? metrics(random) : search(random);
          switch (parse(text)) {
            case TraceQuery.Search search -> {
              TraceSearch.Request request =
                  new TraceSearch.Request(
                      search.pipeline(),
                      min,
                      max,
                      random.nextBoolean() ? random.nextInt(1, 6) : 1000,
                      100,
                      Integer.MAX_VALUE,
                      Long.MAX_VALUE,
                      any(random, List.of(SpanReader.Order.values())));
              List<String> expected = found(naive, request);
              assertThat(String.join("\n", found(reader, request)))
                  .as(text)
                  .isEqualTo(String.join("\n", expected));
              searches++;
              answered += expected.isEmpty() ? 0 : 1;
            }
            case TraceQuery.Series query -> {
              Windows windows = Windows.range(min, max, 100 * SECOND);
              assertThat(series(reader, query, windows))
                  .as(text)
                  .isEqualTo(series(naive, query, windows));
            }
            case null -> {}
          }
        }
      }
    }
    assertThat(answered).as("of %s searches", searches).isGreaterThan(searches / 10);
  }
}
