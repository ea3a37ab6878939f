package io.trilith.logql;

import io.trilith.engine.LabelReplace;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.VectorFunction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Evaluates metric queries over a grid. Confined to one thread. */
final class MetricEvaluator {
  /** What an expression is worth. */
  sealed interface Value {
    /** The same number at every step. */
    record Constant(double value) implements Value {}

    record Vector(List<StepSeries> series) implements Value {}
  }

  private final NanoGrid grid;
  private final EvaluationSetting setting;
  private final QueryContext context;

  MetricEvaluator(NanoGrid grid, EvaluationSetting setting) {
    this.grid = grid;
    this.setting = setting;
    this.context = setting.context();
  }

  /** What is still to be done: an expression, or an operator whose sides are. */
  private sealed interface Task {
    record Evaluate(Expr.Metric expr) implements Task {}

    record Apply(Expr.Binary expr) implements Task {}
  }

  /** Operators are kept on a list, not on the stack: there may be thousands in a chain. */
  Value eval(Expr.Metric root) {
    Deque<Task> tasks = new ArrayDeque<>();
    Deque<Value> values = new ArrayDeque<>();
    tasks.push(new Task.Evaluate(root));
    while (!tasks.isEmpty()) {
      context.check();
      switch (tasks.pop()) {
        case Task.Evaluate(Expr.Binary binary) -> {
          tasks.push(new Task.Apply(binary));
          tasks.push(new Task.Evaluate(binary.right()));
          tasks.push(new Task.Evaluate(binary.left()));
        }
        case Task.Evaluate(Expr.Metric other) -> values.push(operand(other));
        case Task.Apply(Expr.Binary binary) -> {
          Value right = values.pop();
          values.push(binary(binary, values.pop(), right));
        }
      }
    }
    return values.pop();
  }

  private Value operand(Expr.Metric expr) {
    return switch (expr) {
      case Expr.Scalar(double value) -> new Value.Constant(value);
      case Expr.Vector(double value) -> new Value.Vector(List.of(constant(value)));
      case Expr.RangeAggregation range ->
          new Value.Vector(new RangeEvaluator(range, null, grid, setting).run());
      case Expr.VectorAggregation aggregation -> new Value.Vector(aggregate(aggregation));
      case Expr.LabelReplace replace -> new Value.Vector(replace(replace));
      case Expr.Binary _ -> throw new IllegalStateException("an operator is no operand");
    };
  }

  StepSeries constant(double value) {
    StepSeries series = StepSeries.empty(Labels.EMPTY, grid.count());
    for (int step = 0; step < grid.count(); step++) {
      series.set(step, value);
    }
    return series;
  }

  private List<StepSeries> vector(Expr.Metric expr) {
    return switch (eval(expr)) {
      case Value.Vector(List<StepSeries> series) -> series;
      case Value.Constant(double value) -> List.of(constant(value));
    };
  }

  private List<StepSeries> aggregate(Expr.VectorAggregation aggregation) {
    List<StepSeries> input;
    if (aggregation.function() == VectorFunction.SUM
        && aggregation.operand() instanceof Expr.RangeAggregation range
        && range.function().additive()) {
      Expr.Grouping sums = aggregation.grouping();
      Expr.Grouping pushed = sums == null ? new Expr.Grouping(false, List.of()) : sums;
      input = new RangeEvaluator(range, pushed, grid, setting).run();
    } else {
      input = vector(aggregation.operand());
    }
    return VectorAggregator.apply(aggregation, input, grid.count(), context);
  }

  private List<StepSeries> replace(Expr.LabelReplace expr) {
    LabelReplace replace =
        new LabelReplace(expr.target(), expr.replacement(), expr.source(), expr.pattern());
    List<StepSeries> results = new ArrayList<>();
    Set<Labels> seen = new HashSet<>();
    for (StepSeries series : vector(expr.operand())) {
      Labels labels = replace.apply(series.labels());
      if (!seen.add(labels)) {
        throw new InvalidRequestException(
            "vector cannot contain metrics with the same labelset: " + labels);
      }
      results.add(new StepSeries(labels, series.values(), series.presence()));
    }
    return results;
  }

  private Value binary(Expr.Binary expr, Value left, Value right) {
    if (left instanceof Value.Constant(double a) && right instanceof Value.Constant(double b)) {
      return new Value.Constant(expr.operation().apply(a, b));
    }
    BinaryEvaluator evaluator = new BinaryEvaluator(expr, grid.count(), context);
    List<StepSeries> result =
        switch (left) {
          case Value.Constant(double number) -> evaluator.withNumber(seriesOf(right), number, true);
          case Value.Vector(List<StepSeries> series) ->
              right instanceof Value.Constant(double number)
                  ? evaluator.withNumber(series, number, false)
                  : evaluator.vectors(series, seriesOf(right));
        };
    return new Value.Vector(result);
  }

  private List<StepSeries> seriesOf(Value value) {
    return switch (value) {
      case Value.Vector(List<StepSeries> series) -> series;
      case Value.Constant(double number) -> List.of(constant(number));
    };
  }
}
