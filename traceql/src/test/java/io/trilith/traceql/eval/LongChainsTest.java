package io.trilith.traceql.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.traceql.metrics.Windows;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries as long as the parser takes them are answered on a stack that is smaller than usual. */
class LongChainsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int MANY = 9_000;

  @TempDir Path directory;

  private static Span span(int id, int parent) {
    return new Span(
        new TraceId(0, 1),
        id,
        parent,
        "",
        0,
        "op",
        1,
        SECOND,
        2 * SECOND,
        Span.Status.UNSET,
        Attributes.NONE,
        List.of(),
        List.of(),
        Span.Dropped.NOTHING,
        Span.Resource.NONE,
        Span.Scope.NONE);
  }

  private static int answered(SpanReader reader, String text) {
    return switch (TraceQueries.parse(text)) {
      case TraceQuery.Search search ->
          TraceSearch.run(
                  reader,
                  new TraceSearch.Request(
                      search.pipeline(),
                      0,
                      10 * SECOND,
                      10,
                      10,
                      100,
                      Long.MAX_VALUE,
                      SpanReader.Order.NEWEST),
                  QueryContext.unlimited())
              .traces()
              .size();
      case TraceQuery.Series series ->
          MetricsEngine.run(
                  series.metrics(),
                  reader,
                  Windows.instant(0, 10 * SECOND),
                  new MetricsEngine.Limits(100, 0, 100, Long.MAX_VALUE),
                  QueryContext.unlimited())
              .size();
    };
  }

  @Test
  void chainsOfAllOperatorsAreAnsweredOnASmallStack() throws Exception {
    OpenedStore opened = new OpenedStore(directory);
    SpanBatch batch = new SpanBatch();
    batch.add(span(1, 0));
    batch.add(span(2, 1));
    opened.store.append(OpenedStore.TENANT, batch);
    List<String> spansets = new ArrayList<>();
    for (String operator :
        List.of(
            ">", ">>", "<", "<<", "~", "!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<",
            "&~", "&&", "||")) {
      spansets.add(("{ } " + operator + " ").repeat(MANY) + "{ }");
    }
    spansets.add("{ } && { } || ".repeat(MANY / 2) + "{ }");
    spansets.add("{ } &> { } || ".repeat(MANY / 2) + "{ }");
    spansets.add("{ .a = " + "1 + .a * ".repeat(MANY / 2) + "2 }");
    spansets.add("{ " + ".a = 1 || .b = 1 && ".repeat(400) + ".c = 1 }");
    List<String> queries = new ArrayList<>(spansets);
    spansets.forEach(text -> queries.add(text + " | rate()"));
    queries.add("({ } | rate()) + ".repeat(MANY / 3) + "({ } | rate())");
    queries.add("2 * ".repeat(MANY) + "({ } | rate())");
    queries.add("({ } | rate())" + " * 2".repeat(MANY));
    queries.add("{ } | rate()" + " | topk(3)".repeat(MANY / 2));
    FutureTask<Integer> work =
        new FutureTask<>(
            () -> {
              int found = 0;
              try (SpanReader reader = opened.store.reader(OpenedStore.TENANT)) {
                for (String query : queries) {
                  found += answered(reader, query);
                }
              }
              return found;
            });
    new Thread(null, work, "small", 512 << 10).start();
    assertThat(work.get()).isPositive();
  }

  @Test
  void aChainMeansWhatItsLastOperatorSays() {
    OpenedStore opened = new OpenedStore(directory);
    SpanBatch batch = new SpanBatch();
    batch.add(span(1, 0));
    batch.add(span(2, 1));
    opened.store.append(OpenedStore.TENANT, batch);
    try (SpanReader reader = opened.store.reader(OpenedStore.TENANT)) {
      assertThat(answered(reader, "{ .no } > { } !> { }")).isOne();
      assertThat(answered(reader, "{ .no } !> { .no } || { }")).isOne();
      assertThat(answered(reader, "{ } && { .no } || { name = `op` }")).isOne();
      assertThat(answered(reader, "{ name = `op` } || { .no } && { .no }")).isZero();
      assertThat(answered(reader, "{ } > { } > { }")).isZero();
      assertThat(answered(reader, "{ traceDuration > 1h } !> { } && { traceDuration < 1h }"))
          .isOne();
    }
  }
}
