package io.trilith.traceql.eval;

import io.trilith.storage.error.InvalidRequestException;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds traces. Every trace of the range is looked at whole; the newest ones are kept, so that the
 * answer is the same whatever lies where. Confined to one query.
 */
public final class TraceSearch {
  /**
   * What to look for.
   *
   * @param spansPerSet spans returned of each span set
   * @param traceSpansMax spans collected of one trace
   * @param spansExaminedMax spans looked at before the query is refused
   */
  public record Request(
      Pipeline pipeline,
      long minNanos,
      long maxNanos,
      int limit,
      int spansPerSet,
      int traceSpansMax,
      long spansExaminedMax) {}

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
  }

  /** Spans of a service and those of them with an error. */
  public record Stats(int spans, int errors) {}

  /** A span set; its spans are cut, the count is not. */
  public record FoundSet(List<FoundSpan> spans, int matched, Map<String, Static> attributes) {}

  /** A span with the fields that the query speaks of. */
  public record FoundSpan(Span span, Map<Expression.Field, Static> fields) {}

  private final Request request;
  private final BooleanSupplier cancelled;
  private final Set<Expression.Field> fields = new LinkedHashSet<>();
  private final PriorityQueue<FoundTrace> found =
      new PriorityQueue<>(FoundTrace.NEWEST_FIRST.reversed());
  private long inspectedTraces;
  private long inspectedSpans;

  private TraceSearch(Request request, BooleanSupplier cancelled) {
    this.request = request;
    this.cancelled = cancelled;
    Walk.fields(request.pipeline(), fields::add);
  }

  public static Result run(SpanReader reader, Request request, BooleanSupplier cancelled) {
    TraceSearch search = new TraceSearch(request, cancelled);
    reader.scan(request.minNanos(), request.maxNanos(), request.traceSpansMax(), search::visit);
    List<FoundTrace> sorted = new ArrayList<>(search.found);
    sorted.sort(FoundTrace.NEWEST_FIRST);
    return new Result(sorted, search.inspectedTraces, search.inspectedSpans);
  }

  private boolean visit(Trace trace) {
    inspectedTraces++;
    inspectedSpans += trace.spans().size();
    checkBudget(inspectedSpans, request.spansExaminedMax(), cancelled);
    TraceView view = new TraceView(trace);
    if (found.size() >= request.limit() && !isNewer(trace)) {
      return true;
    }
    List<Spanset> sets = PipelineRun.run(request.pipeline(), view);
    if (!sets.isEmpty()) {
      found.add(describe(view, sets));
      if (found.size() > request.limit()) {
        FoundTrace _ = found.poll();
      }
    }
    return true;
  }

  /** Stops a query that costs too much or that nobody waits for. */
  static void checkBudget(long spans, long spansMax, BooleanSupplier cancelled) {
    if (spans > spansMax) {
      throw LimitExceededException.fixed(
          "the query looks at more than trace-query.spans-examined-max = "
              + spansMax
              + " spans; select a shorter range");
    }
    if (cancelled.getAsBoolean()) {
      throw new InvalidRequestException("the query was cancelled");
    }
  }

  private boolean isNewer(Trace trace) {
    FoundTrace oldest = found.peek();
    return oldest == null || trace.startNanos() >= oldest.startNanos();
  }

  private FoundTrace describe(TraceView view, List<Spanset> sets) {
    List<FoundSet> described = new ArrayList<>(sets.size());
    for (Spanset set : sets) {
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
      }
    }
    return new FoundSpan(view.span(span), values);
  }

  private static Map<String, Stats> services(TraceView view) {
    Map<String, Stats> services = new TreeMap<>();
    for (int i = 0; i < view.size(); i++) {
      String service = TraceView.service(view.span(i));
      int error = view.span(i).status().code() == 2 ? 1 : 0;
      services.merge(
          service == null ? "" : service,
          new Stats(1, error),
          (a, b) -> new Stats(a.spans() + b.spans(), a.errors() + b.errors()));
    }
    return services;
  }
}
