package io.trilith.traceql.eval;

import io.trilith.traceql.ast.ArithmeticOperator;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs a pipeline over one whole trace. Confined to one thread. */
public final class PipelineRun {
  private final TraceView trace;
  private final Row row;

  private PipelineRun(TraceView trace) {
    this.trace = trace;
    this.row = new Row(trace);
  }

  /** The span sets that the pipeline finds in the trace; none when it does not match. */
  public static List<Spanset> run(Pipeline pipeline, TraceView trace) {
    BitSet all = new BitSet(trace.size());
    all.set(0, trace.size());
    return new PipelineRun(trace).run(pipeline, new Spanset(all, Map.of()));
  }

  private List<Spanset> run(Pipeline pipeline, Spanset input) {
    List<Spanset> sets = List.of(input);
    for (Pipeline.Stage stage : pipeline.stages()) {
      if (sets.isEmpty()) {
        break;
      }
      sets = apply(stage, sets);
    }
    return sets;
  }

  private List<Spanset> apply(Pipeline.Stage stage, List<Spanset> input) {
    return switch (stage) {
      case Pipeline.Spansets spansets -> select(spansets, input);
      case Pipeline.AggregateFilter filter -> aggregate(filter, input);
      case Pipeline.By by -> group(by, input);
      case Pipeline.Coalesce _ -> {
        BitSet union = new BitSet(trace.size());
        input.forEach(set -> union.or(set.spans()));
        yield List.of(new Spanset(union, Map.of()));
      }
      case Pipeline.Select _ -> input;
    };
  }

  private List<Spanset> select(Pipeline.Spansets spansets, List<Spanset> input) {
    List<Spanset> result = new ArrayList<>();
    for (Spanset set : input) {
      if (spansets instanceof Pipeline.Group group) {
        result.addAll(run(group.pipeline(), set));
        continue;
      }
      Spanset selected = new Spanset(select(spansets, set.spans()), set.attributes());
      if (!selected.isEmpty()) {
        result.add(selected);
      }
    }
    return result;
  }

  private BitSet select(Pipeline.Spansets spansets, BitSet input) {
    return switch (spansets) {
      case Pipeline.Filter filter -> filter(filter, input);
      case Pipeline.Both both -> {
        BitSet left = select(both.left(), input);
        BitSet right = left.isEmpty() ? left : select(both.right(), input);
        yield right.isEmpty() ? right : union(left, right);
      }
      case Pipeline.Either either ->
          union(select(either.left(), input), select(either.right(), input));
      case Pipeline.Structural structural ->
          Structure.select(
              trace,
              structural,
              select(structural.left(), input),
              select(structural.right(), input));
      case Pipeline.Group group -> {
        BitSet union = new BitSet(trace.size());
        run(group.pipeline(), new Spanset(input, Map.of())).forEach(set -> union.or(set.spans()));
        yield union;
      }
    };
  }

  private static BitSet union(BitSet left, BitSet right) {
    BitSet union = (BitSet) left.clone();
    union.or(right);
    return union;
  }

  private BitSet filter(Pipeline.Filter filter, BitSet input) {
    Evaluator.Condition condition = Evaluator.Condition.of(filter.condition());
    BitSet found = new BitSet(trace.size());
    for (int i = input.nextSetBit(0); i >= 0; i = input.nextSetBit(i + 1)) {
      if (condition.test(row, i)) {
        found.set(i);
      }
    }
    return found;
  }

  private List<Spanset> group(Pipeline.By by, List<Spanset> input) {
    String name = "by(" + Printer.print(by.expression()) + ")";
    List<Spanset> result = new ArrayList<>();
    for (Spanset set : input) {
      Map<Static, BitSet> groups = new LinkedHashMap<>();
      BitSet spans = set.spans();
      for (int i = spans.nextSetBit(0); i >= 0; i = spans.nextSetBit(i + 1)) {
        row.moveTo(i);
        groups.computeIfAbsent(Evaluator.value(by.expression(), row), _ -> new BitSet()).set(i);
      }
      groups.forEach(
          (value, members) -> {
            Map<String, Static> attributes = new LinkedHashMap<>(set.attributes());
            attributes.put(name, value);
            result.add(new Spanset(members, attributes));
          });
    }
    return result;
  }

  private List<Spanset> aggregate(Pipeline.AggregateFilter filter, List<Spanset> input) {
    String name = Printer.print(filter.aggregate());
    List<Spanset> result = new ArrayList<>();
    for (Spanset set : input) {
      Static value = aggregate(filter.aggregate(), set.spans());
      if (value != null && StaticMath.compare(filter.operator(), value, filter.constant())) {
        Map<String, Static> attributes = new LinkedHashMap<>(set.attributes());
        attributes.put(name, value);
        result.add(new Spanset(set.spans(), attributes));
      }
    }
    return result;
  }

  /** Null when no span has a number there. */
  private @Nullable Static aggregate(Pipeline.Aggregate aggregate, BitSet spans) {
    Expression operand = aggregate.operand();
    if (operand == null) {
      return new Static.Int(spans.cardinality());
    }
    Static result = null;
    long count = 0;
    for (int i = spans.nextSetBit(0); i >= 0; i = spans.nextSetBit(i + 1)) {
      row.moveTo(i);
      Static value = Evaluator.value(operand, row);
      if (value.isNumeric()) {
        result = result == null ? value : combine(aggregate.kind(), result, value);
        count++;
      }
    }
    if (result == null || aggregate.kind() != Pipeline.Aggregate.Kind.AVG) {
      return result;
    }
    return StaticMath.apply(ArithmeticOperator.DIVIDE, result, new Static.Real(count));
  }

  private static Static combine(Pipeline.Aggregate.Kind kind, Static before, Static value) {
    return switch (kind) {
      case SUM, AVG -> StaticMath.apply(ArithmeticOperator.ADD, before, value);
      case MIN -> StaticMath.compare(ComparisonOperator.LESS, value, before) ? value : before;
      case MAX, COUNT ->
          StaticMath.compare(ComparisonOperator.GREATER, value, before) ? value : before;
    };
  }
}
