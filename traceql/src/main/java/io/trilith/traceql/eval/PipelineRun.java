package io.trilith.traceql.eval;

import io.trilith.engine.QueryContext;
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
  /** A set with its attributes, without the bits. */
  private static final int SET_BYTES = 250;

  private static final int STEPS_PER_CHECK = 1024;

  private final TraceView trace;
  private final Row row;
  private final QueryContext context;
  private int steps;

  private PipelineRun(TraceView trace, QueryContext context) {
    this.trace = trace;
    this.row = new Row(trace);
    this.context = context;
  }

  /**
   * The span sets that the pipeline finds in the trace; none when it does not match. What they and
   * those between them take of the budget stays taken.
   */
  public static List<Spanset> run(Pipeline pipeline, TraceView trace, QueryContext context) {
    PipelineRun run = new PipelineRun(trace, context);
    BitSet all = run.bits();
    all.set(0, trace.size());
    return run.run(pipeline, new Spanset(all, Map.of()));
  }

  /** The spans of all sets that the pipeline finds. */
  public static BitSet matched(Pipeline pipeline, TraceView trace, QueryContext context) {
    long before = context.budget().bytes();
    BitSet matched = new BitSet(trace.size());
    run(pipeline, trace, context).forEach(set -> matched.or(set.spans()));
    context.budget().giveBack(context.budget().bytes() - before);
    return matched;
  }

  private BitSet bits() {
    context.budget().addBytes(trace.size() / 8 + SET_BYTES);
    return new BitSet(trace.size());
  }

  /** Called for each span that is looked at. */
  private void step() {
    if (++steps % STEPS_PER_CHECK == 0) {
      context.check();
    }
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
        BitSet union = bits();
        input.forEach(set -> union.or(set.spans()));
        yield List.of(new Spanset(union, Map.of()));
      }
      case Pipeline.Select _ -> input;
    };
  }

  private List<Spanset> select(Pipeline.Spansets spansets, List<Spanset> input) {
    List<Spanset> result = new ArrayList<>();
    for (Spanset set : input) {
      step();
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

  private BitSet chain(Pipeline.Chain chain, BitSet input) {
    BitSet left = select(chain.first(), input);
    for (Pipeline.Joined next : chain.joined()) {
      left =
          switch (next) {
            case Pipeline.Structural structural ->
                Structure.select(trace, structural, left, select(structural.right(), input));
            case Pipeline.Both both -> {
              BitSet right = left.isEmpty() ? left : select(both.right(), input);
              yield right.isEmpty() ? right : union(left, right);
            }
            case Pipeline.Either either -> union(left, select(either.right(), input));
          };
    }
    return left;
  }

  private BitSet select(Pipeline.Spansets spansets, BitSet input) {
    return switch (spansets) {
      case Pipeline.Filter filter -> filter(filter, input);
      case Pipeline.Joined last -> chain(Pipeline.Chain.of(last), input);
      case Pipeline.Group group -> {
        BitSet union = bits();
        run(group.pipeline(), new Spanset(input, Map.of())).forEach(set -> union.or(set.spans()));
        yield union;
      }
    };
  }

  private BitSet union(BitSet left, BitSet right) {
    BitSet union = bits();
    union.or(left);
    union.or(right);
    return union;
  }

  private BitSet filter(Pipeline.Filter filter, BitSet input) {
    Evaluator.Condition condition = Evaluator.Condition.of(filter.condition());
    BitSet found = bits();
    for (int i = input.nextSetBit(0); i >= 0; i = input.nextSetBit(i + 1)) {
      step();
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
        step();
        row.moveTo(i);
        groups.computeIfAbsent(Evaluator.value(by.expression(), row), _ -> bits()).set(i);
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
      step();
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
