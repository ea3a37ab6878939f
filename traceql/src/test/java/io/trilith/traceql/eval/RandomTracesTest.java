package io.trilith.traceql.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.testing.Seeds;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries over random trees, in heads, blocks and after kills, against what they mean. */
class RandomTracesTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 1_795_000_000L * SECOND;

  @TempDir Path directory;

  private static AttributeValue.Text text(String prefix, int number) {
    return new AttributeValue.Text(prefix + number);
  }

  private static Span span(SplittableRandom random, TraceId id, int spanId, int parent) {
    boolean n = random.nextInt(3) > 0;
    boolean s = random.nextInt(3) > 0;
    List<String> keys = new ArrayList<>();
    List<AttributeValue> values = new ArrayList<>();
    if (n) {
      keys.add("n");
      values.add(new AttributeValue.Int(random.nextInt(6)));
    }
    if (s) {
      keys.add("s");
      values.add(new AttributeValue.Text(List.of("x", "y", "z").get(random.nextInt(3))));
    }
    long start = NOW + random.nextLong(600 * SECOND);
    return new Span(
        id,
        spanId,
        parent,
        "",
        0,
        "op" + random.nextInt(4),
        1,
        start,
        start + random.nextInt(60) * 1_000_000L,
        new Span.Status(random.nextInt(3), ""),
        Attributes.of(keys.toArray(new String[0]), values.toArray(new AttributeValue[0])),
        List.of(),
        List.of(),
        Span.Dropped.NOTHING,
        new Span.Resource(
            Attributes.of(
                new String[] {"service.name"}, new AttributeValue[] {text("s", random.nextInt(5))}),
            0,
            ""),
        Span.Scope.NONE);
  }

  private static void shuffle(List<Span> spans, SplittableRandom random) {
    for (int i = spans.size() - 1; i > 0; i--) {
      Collections.swap(spans, i, random.nextInt(i + 1));
    }
  }

  /** A tree, now and then of several roots, with a parent that never comes, or a cycle. */
  private static List<Span> tree(SplittableRandom random, TraceId id, int size) {
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= size; i++) {
      int parent = i == 1 ? 0 : random.nextInt(1, i);
      parent = random.nextInt(25) == 0 ? List.of(0, 999, i, i + 1).get(random.nextInt(4)) : parent;
      spans.add(span(random, id, i, parent));
    }
    return spans;
  }

  private static Map<String, Set<Long>> expected(Map<TraceId, List<Span>> model, NaiveQuery query) {
    Map<String, Set<Long>> expected = new TreeMap<>();
    model.forEach(
        (id, spans) -> {
          Set<Long> ids = new TreeSet<>();
          query.answer().apply(spans).forEach(span -> ids.add(span.spanId()));
          if (!ids.isEmpty()) {
            Span root = NaiveQuery.root(spans);
            String name = root == null ? null : root.name();
            expected.put(id + " " + name + " " + NaiveQuery.duration(spans), ids);
          }
        });
    return expected;
  }

  private static Map<String, Set<Long>> found(OpenedStore opened, String text) {
    TraceQuery.Search query = (TraceQuery.Search) TraceQueries.parse(text + " with(parent=true)");
    Map<String, Set<Long>> found = new TreeMap<>();
    try (SpanReader reader = opened.store.reader(OpenedStore.TENANT)) {
      TraceSearch.Request request =
          new TraceSearch.Request(
              query.pipeline(),
              0,
              Long.MAX_VALUE,
              1000,
              1000,
              Integer.MAX_VALUE,
              Long.MAX_VALUE,
              SpanReader.Order.NEWEST);
      for (TraceSearch.FoundTrace trace :
          TraceSearch.run(reader, request, QueryContext.unlimited()).traces()) {
        Set<Long> ids = new TreeSet<>();
        trace.sets().forEach(set -> set.spans().forEach(span -> ids.add(span.spanId())));
        found.put(trace.id() + " " + trace.rootName() + " " + trace.durationNanos(), ids);
      }
    }
    return found;
  }

  private OpenedStore disturb(SplittableRandom random, OpenedStore opened) {
    switch (random.nextInt(8)) {
      case 0, 1 -> opened.flusher.flushAll();
      case 2 -> opened.merge();
      case 3 -> {
        return new OpenedStore(directory); // as after a kill
      }
      default -> {}
    }
    return opened;
  }

  /** Whether anything was there to be found. */
  private static boolean check(
      OpenedStore opened, Map<TraceId, List<Span>> model, NaiveQuery query, String when) {
    Map<String, Set<Long>> expected = expected(model, query);
    assertThat(found(opened, query.text())).as("%s %s", query.text(), when).isEqualTo(expected);
    return !expected.isEmpty();
  }

  @Test
  void queriesMeanWhatTheySay() {
    SplittableRandom random = Seeds.random("queriesMeanWhatTheySay");
    OpenedStore opened = new OpenedStore(directory);
    Map<TraceId, List<Span>> model = new TreeMap<>();
    List<Span> waiting = new ArrayList<>();
    int asked = 0;
    int answered = 0;
    for (int step = 0; step < Seeds.iterations(50); step++) {
      TraceId id = new TraceId(random.nextLong(), random.nextLong());
      if (model.size() < 40) {
        waiting.addAll(tree(random, id, random.nextInt(1, 15)));
      }
      shuffle(waiting, random);
      int sent = Math.min(waiting.size(), random.nextInt(20));
      if (sent > 0) {
        send(opened, model, waiting.subList(0, sent));
        waiting.subList(0, sent).clear();
      }
      opened = disturb(random, opened);
      for (int i = 0; i < 20; i++) {
        answered += check(opened, model, NaiveQuery.random(random), "in step " + step) ? 1 : 0;
        asked++;
      }
    }
    assertThat(answered).as("of %s queries", asked).isGreaterThan(asked / 4);
  }

  private static void send(OpenedStore opened, Map<TraceId, List<Span>> model, List<Span> spans) {
    SpanBatch batch = new SpanBatch();
    spans.forEach(batch::add);
    opened.store.append(OpenedStore.TENANT, batch);
    for (Span span : spans) {
      List<Span> known = new ArrayList<>(model.getOrDefault(span.traceId(), List.of()));
      known.removeIf(other -> other.spanId() == span.spanId());
      known.add(span);
      model.put(span.traceId(), List.copyOf(Trace.of(span.traceId(), known).spans()));
    }
  }

  /** One trace of five services over ten minutes; its spans come one by one in any order. */
  @Test
  void aShuffledTraceIsRightAtEveryPoint() {
    SplittableRandom random = Seeds.random("aShuffledTraceIsRightAtEveryPoint");
    OpenedStore opened = new OpenedStore(directory);
    TraceId id = new TraceId(random.nextLong(), random.nextLong());
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      spans.add(span(random, id, i, i == 1 ? 0 : random.nextInt(1, i)));
    }
    shuffle(spans, random);
    Map<TraceId, List<Span>> model = new TreeMap<>();
    List<NaiveQuery> queries = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      queries.add(NaiveQuery.random(random));
    }
    for (Span span : spans) {
      send(opened, model, List.of(span));
      opened = disturb(random, opened);
      for (NaiveQuery query : queries) {
        boolean _ = check(opened, model, query, "after span " + span.spanId());
      }
    }
    opened = new OpenedStore(directory);
    for (NaiveQuery query : queries) {
      boolean _ = check(opened, model, query, "at the end");
    }
  }
}
