package io.trilith.traceql.metrics;

import io.trilith.engine.QueryContext;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.Fields;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts the attribute values of selected spans and of the others. Confined to one query. */
final class CompareRun implements SpanSink {
  private static final int VALUES_MAX = 200_000;
  private static final int ENTRY_BYTES = 250;
  private static final List<Intrinsic> INTRINSICS =
      List.of(
          Intrinsic.NAME,
          Intrinsic.KIND,
          Intrinsic.STATUS,
          Intrinsic.STATUS_MESSAGE,
          Intrinsic.ROOT_NAME,
          Intrinsic.ROOT_SERVICE);

  private final Pipeline pipeline;
  private final Metrics.Compare function;
  private final Windows windows;
  private final QueryContext context;
  private final Map<String, Side> baseline = new LinkedHashMap<>();
  private final Map<String, Side> selection = new LinkedHashMap<>();
  private int values;

  /** What one attribute had: in all, and by value. */
  private static final class Side {
    final double[] total;
    final Map<Static, double[]> byValue = new HashMap<>();

    Side(int points) {
      total = new double[points];
    }
  }

  CompareRun(Pipeline pipeline, Metrics.Compare function, Windows windows, QueryContext context) {
    this.context = context;
    this.pipeline = pipeline;
    this.function = function;
    this.windows = windows;
  }

  @Override
  public void add(TraceView trace) {
    BitSet matched = PipelineRun.matched(pipeline, trace, context);
    Pipeline filter = new Pipeline(List.of(new Pipeline.Filter(function.selection())));
    BitSet selected = PipelineRun.matched(filter, trace, context);
    for (int i = matched.nextSetBit(0); i >= 0; i = matched.nextSetBit(i + 1)) {
      Span span = trace.span(i);
      int window = windows.of(span.startNanos());
      if (window < 0) {
        continue;
      }
      boolean inTime =
          function.endNanos() == 0
              || (span.startNanos() >= function.startNanos()
                  && span.startNanos() < function.endNanos());
      add(selected.get(i) && inTime ? selection : baseline, trace, i, window);
    }
  }

  private void add(Map<String, Side> into, TraceView trace, int index, int window) {
    Span span = trace.span(index);
    for (Intrinsic intrinsic : INTRINSICS) {
      Static value = Fields.get(new Expression.IntrinsicField(intrinsic), trace, index);
      count(into, intrinsic.text(), value, window);
    }
    add(into, AttributeScope.SPAN, span.attributes(), window);
    add(into, AttributeScope.RESOURCE, span.resource().attributes(), window);
  }

  private void add(
      Map<String, Side> into, AttributeScope scope, Attributes attributes, int window) {
    for (int i = 0; i < attributes.size(); i++) {
      Static value = Fields.of(attributes.value(i));
      String name = Printer.print(new Expression.AttributeField(scope, attributes.key(i)));
      count(into, name, value, window);
    }
  }

  private void count(Map<String, Side> into, String name, Static value, int window) {
    if (value instanceof Static.Nil) {
      return;
    }
    Side side = into.computeIfAbsent(name, _ -> new Side(points(name.length())));
    side.total[window]++;
    side.byValue
        .computeIfAbsent(
            SourceRun.plain(value),
            _ -> {
              if (++values > VALUES_MAX) {
                throw LimitExceededException.fixed(
                    "compare() found more than " + VALUES_MAX + " values; select fewer spans");
              }
              return new double[points(value.toString().length())];
            })[window]++;
  }

  /** Takes what the counts of one more name or value need, and says how many they are. */
  private int points(int length) {
    context.budget().addBytes(ENTRY_BYTES + length + 8L * windows.count());
    return windows.count();
  }

  @Override
  public List<Series> finish() {
    List<Series> result = new ArrayList<>();
    finish("baseline", baseline, result);
    finish("selection", selection, result);
    return result;
  }

  private void finish(String type, Map<String, Side> sides, List<Series> into) {
    sides.forEach(
        (name, side) -> {
          side.byValue.entrySet().stream()
              .sorted(
                  Comparator.comparingDouble((Map.Entry<Static, double[]> e) -> -sum(e.getValue()))
                      .thenComparing(e -> Printer.print(e.getKey())))
              .limit(function.top())
              .forEach(e -> into.add(series(type, name, e.getKey(), e.getValue())));
          into.add(series(type + "_total", name, new Static.Text("nil"), side.total));
        });
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private static Series series(String type, String name, Static value, double[] values) {
    return new Series(
        List.of(
            new Series.Label("__meta_type", new Static.Text(type)), new Series.Label(name, value)),
        values,
        List.of());
  }
}
