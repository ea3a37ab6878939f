package io.trilith.logql;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.VectorFunction;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Aggregates series step by step. */
final class VectorAggregator {
  private VectorAggregator() {}

  static List<StepSeries> apply(
      Expr.VectorAggregation aggregation, List<StepSeries> input, int steps, QueryContext context) {
    Expr.Grouping grouping = aggregation.grouping();
    LabelGrouping groups =
        grouping == null ? LabelGrouping.by(List.of()) : grouping.labelGrouping();
    return switch (aggregation.function()) {
      case SUM -> fold(FloatAggregate.Kind.SUM, groups, input, steps, context);
      case AVG -> fold(FloatAggregate.Kind.AVG, groups, input, steps, context);
      case MIN -> fold(FloatAggregate.Kind.MIN, groups, input, steps, context);
      case MAX -> fold(FloatAggregate.Kind.MAX, groups, input, steps, context);
      case COUNT -> fold(FloatAggregate.Kind.COUNT, groups, input, steps, context);
      case STDDEV -> fold(FloatAggregate.Kind.STDDEV, groups, input, steps, context);
      case STDVAR -> fold(FloatAggregate.Kind.STDVAR, groups, input, steps, context);
      case TOPK, APPROX_TOPK -> best(true, aggregation.parameter(), groups, input, steps, context);
      case BOTTOMK -> best(false, aggregation.parameter(), groups, input, steps, context);
      case SORT -> sorted(input, true);
      case SORT_DESC -> sorted(input, false);
    };
  }

  private static List<StepSeries> fold(
      FloatAggregate.Kind kind,
      LabelGrouping groups,
      List<StepSeries> input,
      int steps,
      QueryContext context) {
    Map<Labels, FloatAggregate> folded = new LinkedHashMap<>();
    for (StepSeries series : input) {
      context.check();
      Labels group = groups.of(series.labels());
      FloatAggregate aggregate = folded.get(group);
      if (aggregate == null) {
        context.budget().addBytes(20L * steps);
        aggregate = new FloatAggregate(kind, steps);
        folded.put(group, aggregate);
      }
      for (int step = 0; step < steps; step++) {
        if (series.has(step)) {
          aggregate.add(step, series.values()[step]);
        }
      }
    }
    List<StepSeries> results = new ArrayList<>(folded.size());
    folded.forEach(
        (labels, aggregate) -> {
          StepSeries result = StepSeries.empty(labels, steps);
          for (int step = 0; step < steps; step++) {
            if (aggregate.count(step) > 0) {
              result.set(step, aggregate.value(step));
            }
          }
          results.add(result);
        });
    return results;
  }

  private static int compare(double left, double right) {
    // NaN is worse than anything, for topk and bottomk alike.
    return Double.isNaN(left) || Double.isNaN(right)
        ? Boolean.compare(Double.isNaN(right), Double.isNaN(left))
        : Double.compare(left, right);
  }

  private static List<StepSeries> best(
      boolean top,
      int count,
      LabelGrouping groups,
      List<StepSeries> input,
      int steps,
      QueryContext context) {
    Map<Labels, List<StepSeries>> grouped = new LinkedHashMap<>();
    for (StepSeries series : input) {
      grouped.computeIfAbsent(groups.of(series.labels()), _ -> new ArrayList<>()).add(series);
    }
    Map<Labels, StepSeries> results = new LinkedHashMap<>();
    for (List<StepSeries> group : grouped.values()) {
      for (int step = 0; step < steps; step++) {
        context.check();
        for (StepSeries series : bestOf(top, count, group, step)) {
          results
              .computeIfAbsent(series.labels(), labels -> StepSeries.empty(labels, steps))
              .set(step, series.values()[step]);
        }
      }
    }
    List<StepSeries> ordered = new ArrayList<>(results.values());
    ordered.sort(Comparator.comparing(StepSeries::labels));
    if (steps == 1) {
      return sorted(ordered, !top);
    }
    return ordered;
  }

  private static List<StepSeries> bestOf(boolean top, int count, List<StepSeries> group, int step) {
    Comparator<StepSeries> byValue =
        (a, b) -> {
          int order = compare(a.values()[step], b.values()[step]);
          boolean nan = Double.isNaN(a.values()[step]) || Double.isNaN(b.values()[step]);
          int worstFirst = top || nan ? order : -order;
          return worstFirst != 0 ? worstFirst : b.labels().compareTo(a.labels());
        };
    PriorityQueue<StepSeries> worstFirst = new PriorityQueue<>(byValue);
    for (StepSeries series : group) {
      if (series.has(step)) {
        worstFirst.add(series);
        if (worstFirst.size() > count) {
          worstFirst.poll();
        }
      }
    }
    return List.copyOf(worstFirst);
  }

  /** By the value of the only step; a range keeps its order. */
  private static List<StepSeries> sorted(List<StepSeries> input, boolean ascending) {
    List<StepSeries> sorted = new ArrayList<>(input);
    sorted.sort(
        (a, b) -> {
          double left = a.values()[0];
          double right = b.values()[0];
          if (Double.isNaN(left) || Double.isNaN(right)) {
            return Boolean.compare(Double.isNaN(left), Double.isNaN(right));
          }
          return ascending ? Double.compare(left, right) : Double.compare(right, left);
        });
    return sorted;
  }

  /** Whether the order of the series is part of the answer. */
  static boolean orders(VectorFunction function) {
    return switch (function) {
      case TOPK, APPROX_TOPK, BOTTOMK, SORT, SORT_DESC -> true;
      case SUM, AVG, MIN, MAX, COUNT, STDDEV, STDVAR -> false;
    };
  }
}
