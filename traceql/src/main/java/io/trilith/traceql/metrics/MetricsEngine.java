package io.trilith.traceql.metrics;

import io.trilith.engine.QueryContext;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.eval.BudgetCost;
import io.trilith.traceql.eval.Needs;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.SpanReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers metrics queries: from columns what can do with them, the rest from whole traces. */
public final class MetricsEngine {
  /**
   * What a query may cost.
   *
   * @param exemplars wanted
   */
  public record Limits(int seriesMax, int exemplars, int traceSpansMax, long spansExaminedMax) {}

  private static final int SERIES_BYTES = 200;
  private static final int SPANS_PER_CHECK = 1024;
  private static final Needs.Of ANYTHING = new Needs.Of(List.of(), _ -> true, 0);

  private final Windows windows;
  private final Limits limits;
  private final QueryContext context;

  /** By identity: equal ones of a query are one, and a long chain takes a deep stack to compare. */
  private final IdentityHashMap<Metrics.Source, SpanSink> sources = new IdentityHashMap<>();

  private long spans;

  private MetricsEngine(Windows windows, Limits limits, QueryContext context) {
    this.windows = windows;
    this.limits = limits;
    this.context = context;
  }

  /** The series, sorted by labels; they stay charged to the budget. */
  public static List<Series> run(
      Metrics query, SpanReader reader, Windows windows, Limits limits, QueryContext context) {
    MetricsEngine engine = new MetricsEngine(windows, limits, context);
    engine.collect(query);
    engine.read(reader);
    List<Series> result = new ArrayList<>(engine.evaluate(query));
    result.removeIf(MetricsEngine::isEmpty);
    result.sort(Comparator.comparing(Series::key));
    return result;
  }

  /** Sources that can do with single spans get those; the others share one pass over traces. */
  private void read(SpanReader reader) {
    List<SpanSink> whole = new ArrayList<>();
    Needs.Of needs = ANYTHING;
    for (Map.Entry<Metrics.Source, SpanSink> entry : sources.entrySet()) {
      RowFields fields = RowFields.of(entry.getKey());
      if (fields != null && entry.getValue() instanceof SourceRun run) {
        readRows(reader, run, fields);
      } else {
        needs = whole.isEmpty() ? Needs.of(entry.getKey().pipeline()) : ANYTHING;
        whole.add(entry.getValue());
      }
    }
    if (whole.isEmpty()) {
      return;
    }
    // A span that starts in the range may be all that a trace has there, or end beyond it.
    reader.select(
        new SpanReader.Selection(
            needs.filters(),
            needs.wanted(),
            windows.startNanos(),
            windows.endNanos(),
            needs.minDurationNanos(),
            limits.traceSpansMax(),
            SpanReader.Order.NEWEST,
            0),
        new BudgetCost(context),
        trace -> {
          examine(trace.spans().size());
          TraceView view = new TraceView(trace);
          whole.forEach(source -> source.add(view));
          return true;
        });
  }

  private void readRows(SpanReader reader, SourceRun run, RowFields fields) {
    reader.rows(
        new SpanReader.RowSelection(
            fields.filter(),
            fields.fields(),
            windows.startNanos(),
            windows.endNanos(),
            limits.traceSpansMax()),
        new BudgetCost(context),
        row -> {
          if (++spans % SPANS_PER_CHECK == 0) {
            examine(0);
          }
          run.add(row, fields);
        },
        trace -> {
          examine(trace.spans().size());
          run.add(new TraceView(trace));
          return true;
        });
    examine(0);
  }

  private void examine(int more) {
    spans += more;
    TraceSearch.checkExamined(spans, limits.spansExaminedMax());
    context.check();
  }

  private void collect(Metrics query) {
    Deque<Metrics> left = new ArrayDeque<>(List.of(query));
    while (!left.isEmpty()) {
      switch (left.pop()) {
        case Metrics.Source source ->
            sources.computeIfAbsent(
                source,
                one ->
                    one.function() instanceof Metrics.Compare compare
                        ? new CompareRun(one.pipeline(), compare, windows, context)
                        : new SourceRun(one, windows, limits, context));
        case Metrics.Operation operation -> {
          left.push(operation.right());
          left.push(operation.left());
        }
        case Metrics.Constant _ -> {}
        case Metrics.Rank rank -> left.push(rank.input());
        case Metrics.Threshold threshold -> left.push(threshold.input());
      }
    }
  }

  /** Chains of thousands lean to the left: that side is walked, only the other is recursed into. */
  private List<Series> evaluate(Metrics query) {
    Deque<Metrics> above = new ArrayDeque<>();
    Metrics at = query;
    for (Metrics next = input(at); next != null; next = input(at)) {
      above.push(at);
      at = next;
    }
    SpanSink sink = at instanceof Metrics.Source source ? sources.get(source) : null;
    List<Series> result = sink == null ? List.of() : sink.finish();
    for (Metrics function : above) {
      result = apply(function, copied(result));
    }
    return result;
  }

  /** What a function works on first; null for what works on nothing. */
  private static @Nullable Metrics input(Metrics query) {
    return switch (query) {
      case Metrics.Source _, Metrics.Constant _ -> null;
      case Metrics.Operation operation ->
          operation.left() instanceof Metrics.Constant ? operation.right() : operation.left();
      case Metrics.Rank rank -> rank.input();
      case Metrics.Threshold threshold -> threshold.input();
    };
  }

  private List<Series> apply(Metrics function, List<Series> input) {
    return switch (function) {
      case Metrics.Source _, Metrics.Constant _ -> input;
      case Metrics.Operation operation -> operation(operation, input);
      case Metrics.Rank rank -> SeriesMath.rank(input, rank);
      case Metrics.Threshold threshold -> SeriesMath.threshold(input, threshold);
    };
  }

  /** Takes what as many series need as the function that comes is going to make. */
  private List<Series> copied(List<Series> input) {
    context.check();
    context.budget().addBytes((SERIES_BYTES + 8L * windows.count()) * input.size());
    return input;
  }

  private List<Series> operation(Metrics.Operation operation, List<Series> input) {
    if (operation.left() instanceof Metrics.Constant constant) {
      double left = constant.value().asDouble();
      return SeriesMath.map(input, value -> SeriesMath.apply(operation.operator(), left, value));
    }
    if (operation.right() instanceof Metrics.Constant constant) {
      double right = constant.value().asDouble();
      return SeriesMath.map(input, value -> SeriesMath.apply(operation.operator(), value, right));
    }
    return SeriesMath.join(operation.operator(), input, copied(evaluate(operation.right())));
  }

  private static boolean isEmpty(Series series) {
    for (double value : series.values()) {
      if (!Double.isNaN(value)) {
        return false;
      }
    }
    return true;
  }
}
