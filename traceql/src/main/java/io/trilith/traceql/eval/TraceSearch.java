package io.trilith.traceql.eval;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Static;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds traces. Those that columns cannot rule out are looked at whole, newer ones first, or longer
 * ones; the first of those that match are kept, so that the answer is the same whatever lies where.
 * Confined to one query.
 */
public final class TraceSearch {
  /**
   * What to look for.
   *
   * @param spansPerSet spans returned of each span set
   * @param traceSpansMax spans collected of one trace
   * @param spansExaminedMax spans looked at before the query is refused
   * @param order which traces come first, and stay when there are too many
   */
  public record Request(
      Pipeline pipeline,
      long minNanos,
      long maxNanos,
      int limit,
      int spansPerSet,
      int traceSpansMax,
      long spansExaminedMax,
      SpanReader.Order order) {}

  /** What was found. */
  public record Result(List<FoundTrace> traces, long inspectedTraces, long inspectedSpans) {}

  /**
   * A trace that matches.
   *
   * @param rootService null when the root has not come yet or names no service
   */
  public record FoundTrace(
      TraceId id,
      @Nullable String rootService,
      @Nullable String rootName,
      boolean rootKnown,
      long startNanos,
      long durationNanos,
      List<FoundSet> sets,
      Map<String, Stats> services) {
    static final Comparator<FoundTrace> NEWEST_FIRST =
        Comparator.comparingLong(FoundTrace::startNanos).reversed().thenComparing(FoundTrace::id);
    static final Comparator<FoundTrace> SLOWEST_FIRST =
        Comparator.comparingLong(FoundTrace::durationNanos).reversed().thenComparing(NEWEST_FIRST);
  }

  /** Spans of a service and those of them with an error. */
  public record Stats(int spans, int errors) {}

  /** A span set; its spans are cut, the count is not. */
  public record FoundSet(List<FoundSpan> spans, int matched, Map<String, Static> attributes) {}

  /** A span with the fields that the query speaks of. */
  public record FoundSpan(
      long spanId,
      String name,
      long startNanos,
      long durationNanos,
      Map<Expression.Field, Static> fields) {}

  private static final int TRACE_BYTES = 300;
  private static final int SET_BYTES = 200;
  private static final int SPAN_BYTES = 120;
  private static final int FIELD_BYTES = 100;

  /** A trace that is kept for now and what it takes of the budget. */
  private record Kept(FoundTrace trace, long bytes) {}

  private final Request request;
  private final QueryContext context;
  private final QueryBudget budget;
  private final Set<Expression.Field> fields = new LinkedHashSet<>();
  private final Comparator<FoundTrace> order;
  private final PriorityQueue<Kept> found;
  private long inspectedTraces;
  private long inspectedSpans;

  private TraceSearch(Request request, QueryContext context) {
    this.request = request;
    this.context = context;
    this.budget = context.budget();
    this.order =
        request.order() == SpanReader.Order.SLOWEST
            ? FoundTrace.SLOWEST_FIRST
            : FoundTrace.NEWEST_FIRST;
    this.found = new PriorityQueue<>(Comparator.comparing(Kept::trace, order.reversed()));
    Walk.fields(request.pipeline(), fields::add);
  }

  /** The answer stays charged to the budget. */
  public static Result run(SpanReader reader, Request request, QueryContext context) {
    TraceSearch search = new TraceSearch(request, context);
    Needs.Of needs = Needs.of(request.pipeline());
    reader.select(
        new SpanReader.Selection(
            needs.filters(),
            needs.wanted(),
            request.minNanos(),
            request.maxNanos(),
            needs.minDurationNanos(),
            request.traceSpansMax(),
            request.order(),
            Math.max(1, request.limit())),
        new BudgetCost(context),
        search.new Visitor());
    List<FoundTrace> sorted = new ArrayList<>(search.found.size());
    search.found.forEach(kept -> sorted.add(kept.trace()));
    sorted.sort(search.order);
    return new Result(sorted, search.inspectedTraces, search.inspectedSpans);
  }

  private final class Visitor implements SpanReader.SelectVisitor {
    @Override
    public boolean visit(Trace trace) {
      return TraceSearch.this.visit(trace);
    }

    @Override
    public boolean goesOn(long key) {
      return found.size() < request.limit() || mayStay(key);
    }
  }

  private boolean visit(Trace trace) {
    inspectedTraces++;
    inspectedSpans += trace.spans().size();
    checkExamined(inspectedSpans, request.spansExaminedMax());
    context.check();
    if (found.size() >= request.limit() && !mayStay(key(trace))) {
      return true;
    }
    TraceView view = new TraceView(trace);
    long before = budget.bytes();
    List<Spanset> sets = PipelineRun.run(request.pipeline(), view, context);
    long evaluated = budget.bytes() - before;
    if (!sets.isEmpty()) {
      FoundTrace described = describe(view, sets);
      keep(new Kept(described, budget.bytes() - before - evaluated));
    }
    budget.giveBack(evaluated);
    return true;
  }

  private void keep(Kept kept) {
    found.add(kept);
    if (found.size() > request.limit()) {
      Kept oldest = found.poll();
      budget.giveBack(oldest == null ? 0 : oldest.bytes());
    }
  }

  /** Stops a query that looks at too much. */
  public static void checkExamined(long spans, long spansMax) {
    if (spans > spansMax) {
      throw LimitExceededException.fixed(
          "the query looks at more than trace-query.spans-examined-max = "
              + spansMax
              + " spans; select a shorter range");
    }
  }

  private long key(Trace trace) {
    return request.order() == SpanReader.Order.SLOWEST
        ? trace.endNanos() - trace.startNanos()
        : trace.startNanos();
  }

  /** Whether a trace of that start, or duration, may come before the last one that is kept. */
  private boolean mayStay(long key) {
    Kept last = found.peek();
    return last == null
        || key
            >= (request.order() == SpanReader.Order.SLOWEST
                ? last.trace().durationNanos()
                : last.trace().startNanos());
  }

  private FoundTrace describe(TraceView view, List<Spanset> sets) {
    budget.addBytes(TRACE_BYTES);
    List<FoundSet> described = new ArrayList<>(sets.size());
    for (Spanset set : sets) {
      budget.addBytes(SET_BYTES + (long) FIELD_BYTES * set.attributes().size());
      List<FoundSpan> spans = new ArrayList<>();
      int next = set.spans().nextSetBit(0);
      while (next >= 0 && spans.size() < request.spansPerSet()) {
        spans.add(describe(view, next));
        next = set.spans().nextSetBit(next + 1);
      }
      described.add(new FoundSet(spans, set.spans().cardinality(), set.attributes()));
    }
    Span root = view.root();
    return new FoundTrace(
        view.trace().id(),
        root == null ? null : TraceView.service(root),
        root == null ? null : root.name(),
        root != null,
        view.startNanos(),
        view.durationNanos(),
        described,
        services(view));
  }

  private FoundSpan describe(TraceView view, int span) {
    Map<Expression.Field, Static> values = new LinkedHashMap<>();
    for (Expression.Field field : fields) {
      Static value = Fields.get(field, view, span);
      if (!(value instanceof Static.Nil)) {
        values.put(field, value);
        budget.addBytes(value instanceof Static.Text text ? text.value().length() : 0);
      }
    }
    Span found = view.span(span);
    budget.addBytes(SPAN_BYTES + (long) FIELD_BYTES * values.size());
    return new FoundSpan(
        found.spanId(), found.name(), found.startNanos(), found.durationNanos(), values);
  }

  private Map<String, Stats> services(TraceView view) {
    // Spans of a service share a resource, often.
    IdentityHashMap<Span.Resource, int[]> counts = new IdentityHashMap<>();
    for (int i = 0; i < view.size(); i++) {
      Span span = view.span(i);
      int[] count = counts.computeIfAbsent(span.resource(), _ -> new int[2]);
      count[0]++;
      count[1] += span.status().code() == 2 ? 1 : 0;
    }
    Map<String, Stats> services = new TreeMap<>();
    counts.forEach(
        (resource, count) -> {
          String service = TraceView.service(resource);
          services.merge(
              service == null ? "" : service,
              new Stats(count[0], count[1]),
              (a, b) -> new Stats(a.spans() + b.spans(), a.errors() + b.errors()));
        });
    budget.addBytes((long) FIELD_BYTES * services.size());
    return services;
  }
}
