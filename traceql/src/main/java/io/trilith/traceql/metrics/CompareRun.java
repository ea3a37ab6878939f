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
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/** Counts the attribute values of selected spans and of the others. Confined to one query. */
final class CompareRun implements SpanSink {
  private static final int VALUES_MAX = 200_000;

  /** An entry of the map with its key, without the text, and an array. */
  private static final int ENTRY_BYTES = 120;

  private static final int SIDE_BYTES = 250;

  /** Spans of this many resources, by object, are counted before their attributes are. */
  private static final int RESOURCES_MAX = 2000;

  private static final List<Expression.IntrinsicField> INTRINSICS =
      Stream.of(
              Intrinsic.NAME,
              Intrinsic.KIND,
              Intrinsic.STATUS,
              Intrinsic.STATUS_MESSAGE,
              Intrinsic.ROOT_NAME,
              Intrinsic.ROOT_SERVICE)
          .map(Expression.IntrinsicField::new)
          .toList();

  private final Pipeline pipeline;
  private final Metrics.Compare function;
  private final Windows windows;
  private final QueryContext context;
  private final Map<String, Side> baseline = new LinkedHashMap<>();
  private final Map<String, Side> selection = new LinkedHashMap<>();
  private final IdentityHashMap<Span.Resource, int[]> otherResources = new IdentityHashMap<>();
  private final IdentityHashMap<Span.Resource, int[]> chosenResources = new IdentityHashMap<>();
  private static final Static ZERO = new Static.Real(0.0);

  private final Map<String, String> spanNames = new HashMap<>();
  private final Map<String, String> resourceNames = new HashMap<>();
  private final Pipeline selected;
  private int values;

  /** What one attribute had: in all, and by value. */
  private static final class Side {
    final int[] total;

    /** Texts by themselves, other values as they are. */
    final Map<Object, int[]> byValue = new HashMap<>();

    Side(int points) {
      total = new int[points];
    }
  }

  CompareRun(Pipeline pipeline, Metrics.Compare function, Windows windows, QueryContext context) {
    this.context = context;
    this.pipeline = pipeline;
    this.function = function;
    this.selected = new Pipeline(List.of(new Pipeline.Filter(function.selection())));
    this.windows = windows;
  }

  @Override
  public void add(TraceView trace) {
    BitSet matched = PipelineRun.matched(pipeline, trace, context);
    BitSet chosen = PipelineRun.matched(selected, trace, context);
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
      add(chosen.get(i) && inTime ? selection : baseline, trace, i, window);
    }
  }

  @SuppressWarnings("ReferenceEquality") // one of two maps
  private void add(Map<String, Side> into, TraceView trace, int index, int window) {
    Span span = trace.span(index);
    for (Expression.IntrinsicField field : INTRINSICS) {
      count(into, field.intrinsic().text(), Fields.get(field, trace, index), window, 1);
    }
    Attributes attributes = span.attributes();
    for (int i = 0; i < attributes.size(); i++) {
      String name = name(AttributeScope.SPAN, attributes.key(i), spanNames);
      count(into, name, Fields.of(attributes.value(i)), window, 1);
    }
    IdentityHashMap<Span.Resource, int[]> resources =
        into == selection ? chosenResources : otherResources;
    int[] counts = resources.get(span.resource());
    if (counts == null) {
      if (resources.size() >= RESOURCES_MAX) {
        spread();
      }
      counts = new int[points(ENTRY_BYTES)];
      resources.put(span.resource(), counts);
    }
    counts[window]++;
  }

  /** Counts the attributes of resources, of which each has many spans. */
  private void spread() {
    spread(baseline, otherResources);
    spread(selection, chosenResources);
  }

  private void spread(Map<String, Side> into, IdentityHashMap<Span.Resource, int[]> resources) {
    resources.forEach(
        (resource, counts) -> {
          Attributes attributes = resource.attributes();
          for (int i = 0; i < attributes.size(); i++) {
            String name = name(AttributeScope.RESOURCE, attributes.key(i), resourceNames);
            Static value = Fields.of(attributes.value(i));
            for (int window = 0; window < counts.length; window++) {
              count(into, name, value, window, counts[window]);
            }
          }
        });
    resources.clear();
  }

  private String name(AttributeScope scope, String key, Map<String, String> names) {
    String name = names.get(key);
    if (name == null) {
      name = Printer.print(new Expression.AttributeField(scope, key));
      context.budget().addBytes(ENTRY_BYTES + name.length());
      names.put(key, name);
    }
    return name;
  }

  private void count(Map<String, Side> into, String name, Static value, int window, int times) {
    if (value instanceof Static.Nil || times == 0) {
      return;
    }
    Side side = into.get(name);
    if (side == null) {
      side = new Side(points(SIDE_BYTES + name.length()));
      into.put(name, side);
    }
    side.total[window] += times;
    Static plain = SourceRun.plain(value);
    Object key = plain instanceof Static.Text text ? text.value() : plain;
    if (plain instanceof Static.Real real && real.value() == 0) {
      key = ZERO; // the two zeros are equal
    }
    int[] counts = side.byValue.get(key);
    if (counts == null) {
      if (++values > VALUES_MAX) {
        throw LimitExceededException.fixed(
            "compare() found more than " + VALUES_MAX + " values; select fewer spans");
      }
      counts = new int[points(ENTRY_BYTES + (key instanceof String text ? text.length() : 0))];
      side.byValue.put(key, counts);
    }
    counts[window] += times;
  }

  /** Takes what the counts of one more name or value need, and says how many they are. */
  private int points(int bytes) {
    context.budget().addBytes(bytes + 4L * windows.count());
    return windows.count();
  }

  @Override
  public List<Series> finish() {
    spread();
    List<Series> result = new ArrayList<>();
    finish("baseline", baseline, result);
    finish("selection", selection, result);
    return result;
  }

  private void finish(String type, Map<String, Side> sides, List<Series> into) {
    sides.forEach(
        (name, side) -> {
          for (Map.Entry<Object, int[]> entry : top(side)) {
            into.add(series(type, name, value(entry.getKey()), entry.getValue()));
          }
          into.add(series(type + "_total", name, new Static.Text("nil"), side.total));
        });
  }

  /** Those that were there most often; of equal ones the first texts, then types. */
  private List<Map.Entry<Object, int[]>> top(Side side) {
    Comparator<Map.Entry<Object, int[]>> best =
        Comparator.comparingLong((Map.Entry<Object, int[]> e) -> -sum(e.getValue()))
            .thenComparing(e -> Printer.print(value(e.getKey())))
            .thenComparing(e -> e.getKey().getClass().getSimpleName());
    PriorityQueue<Map.Entry<Object, int[]>> kept = new PriorityQueue<>(best.reversed());
    for (Map.Entry<Object, int[]> entry : side.byValue.entrySet()) {
      if (kept.size() < function.top()) {
        kept.add(entry);
      } else if (!kept.isEmpty() && best.compare(entry, kept.element()) < 0) {
        kept.remove();
        kept.add(entry);
      }
    }
    List<Map.Entry<Object, int[]>> sorted = new ArrayList<>(kept);
    sorted.sort(best);
    return sorted;
  }

  private static Static value(Object key) {
    return key instanceof Static other ? other : new Static.Text((String) key);
  }

  private static long sum(int[] values) {
    long sum = 0;
    for (int value : values) {
      sum += value;
    }
    return sum;
  }

  private static Series series(String type, String name, Static value, int[] counts) {
    return new Series(
        List.of(
            new Series.Label("__meta_type", new Static.Text(type)), new Series.Label(name, value)),
        Arrays.stream(counts).asDoubleStream().toArray(),
        List.of());
  }
}
