package io.trilith.promql;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.FloatText;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.Quantiles;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluates one aggregation. Confined to one thread. */
final class Aggregator {
  private final Evaluator evaluator;
  private final Expr.Aggregation node;
  private final AggregateOp op;

  Aggregator(Evaluator evaluator, Expr.Aggregation node) {
    this.evaluator = evaluator;
    this.node = node;
    this.op = node.op();
  }

  /** The series of a group. */
  record Group(Labels labels, boolean dropsName, List<Series> members) {}

  Value eval(StepGrid grid) {
    Expr parameter = node.parameter();
    if (op == AggregateOp.COUNT_VALUES && parameter != null) {
      String label = evaluator.text(parameter);
      if (!LabelFunctions.validLabel(label)) {
        throw new ExecutionException("invalid label name " + Literals.quote(label));
      }
      return new Value.Vector(countValues(label, grid));
    }
    double[] numbers = parameter == null ? new double[0] : evaluator.scalar(parameter, grid);
    List<Series> input = evaluator.vector(node.inner(), grid);
    List<Group> groups = groups(input);
    switch (op) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> {
        return new Value.Vector(
            new Selection(evaluator, node, parameter == null ? 0 : parameter.position())
                .select(groups, numbers));
      }
      case QUANTILE -> {
        if (parameter != null) {
          for (double number : numbers) {
            OverTimeKernels.checkQuantile(evaluator, number, parameter.position());
          }
        }
      }
      default -> {}
    }
    List<Series> result = new ArrayList<>();
    for (Group group : groups) {
      evaluator.context().check();
      Series series = new Series(group.labels(), group.dropsName(), grid.count());
      switch (op) {
        case SUM, AVG -> total(group, series);
        case QUANTILE -> quantile(group, numbers, series);
        case COUNT, GROUP -> count(group, series);
        default -> floats(group, series);
      }
      if (!series.isEmpty()) {
        result.add(series);
      }
    }
    return new Value.Vector(result);
  }

  private List<Group> groups(List<Series> input) {
    LabelGrouping grouping =
        node.without() ? LabelGrouping.without(node.grouping()) : LabelGrouping.by(node.grouping());
    Map<Labels, Group> groups = new LinkedHashMap<>();
    for (Series series : input) {
      Labels key = grouping.of(series.labels());
      if (node.without() && series.dropsName()) {
        key = NameRemoval.withoutName(key);
      }
      Group group = groups.get(key);
      if (group == null) {
        group = new Group(key, series.dropsName(), new ArrayList<>());
        groups.put(key, group);
      }
      group.members().add(series);
    }
    return new ArrayList<>(groups.values());
  }

  private void count(Group group, Series result) {
    int[] counts = new int[result.steps()];
    for (Series member : group.members()) {
      for (int step = 0; step < counts.length; step++) {
        counts[step] += member.has(step) ? 1 : 0;
      }
    }
    for (int step = 0; step < counts.length; step++) {
      if (counts[step] > 0) {
        result.set(step, op == AggregateOp.GROUP ? 1 : counts[step]);
      }
    }
  }

  private FloatAggregate aggregate(Group group, int steps) {
    FloatAggregate.Kind kind =
        switch (op) {
          case SUM -> FloatAggregate.Kind.SUM;
          case AVG -> FloatAggregate.Kind.AVG;
          case MIN -> FloatAggregate.Kind.MIN;
          case MAX -> FloatAggregate.Kind.MAX;
          case STDDEV -> FloatAggregate.Kind.STDDEV;
          case STDVAR -> FloatAggregate.Kind.STDVAR;
          default -> throw new IllegalStateException("no aggregation of floats: " + op);
        };
    FloatAggregate aggregate = new FloatAggregate(kind, steps);
    for (Series member : group.members()) {
      for (int step = 0; step < steps; step++) {
        if (member.has(step) && member.histogram(step) == null) {
          aggregate.add(step, member.value(step));
        }
      }
    }
    return aggregate;
  }

  private void floats(Group group, Series result) {
    ignoreHistograms(group);
    FloatAggregate aggregate = aggregate(group, result.steps());
    for (int step = 0; step < result.steps(); step++) {
      if (aggregate.count(step) > 0) {
        result.set(step, aggregate.value(step));
      }
    }
  }

  private void ignoreHistograms(Group group) {
    for (Series member : group.members()) {
      for (int step = 0; step < member.steps(); step++) {
        if (member.histogram(step) != null) {
          evaluator.info(
              "ignored histogram in " + op.text() + " aggregation", node.inner().position());
          return;
        }
      }
    }
  }

  private void total(Group group, Series result) {
    FloatAggregate aggregate = aggregate(group, result.steps());
    List<FloatHistogram> histograms = new ArrayList<>();
    for (int step = 0; step < result.steps(); step++) {
      histograms.clear();
      for (Series member : group.members()) {
        FloatHistogram histogram = member.histogram(step);
        if (histogram != null) {
          histograms.add(histogram);
        }
      }
      if (histograms.isEmpty()) {
        if (aggregate.count(step) > 0) {
          result.set(step, aggregate.value(step));
        }
      } else if (aggregate.count(step) > 0) {
        evaluator.warn(
            "encountered a mix of histograms and floats for aggregation", node.inner().position());
      } else {
        FloatHistogram total = histogramTotal(histograms, 1);
        if (total != null) {
          result.set(step, total.compact());
        }
      }
    }
  }

  private @Nullable FloatHistogram histogramTotal(List<FloatHistogram> histograms, double scale) {
    boolean average = op == AggregateOp.AVG;
    HistogramSum sum = new HistogramSum(histograms.getFirst().divide(scale));
    for (int i = 1; i < histograms.size(); i++) {
      if (!histograms.get(i).compatible(histograms.getFirst())) {
        evaluator.warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas"
                + " for aggregation",
            node.inner().position());
        return null;
      }
      sum.add(histograms.get(i).divide(scale));
    }
    if (average && scale == 1 && sum.overflowed()) {
      return histogramTotal(histograms, histograms.size());
    }
    if (sum.reconciledBounds()) {
      evaluator.info(
          "mismatched custom buckets were reconciled during aggregation", node.inner().position());
    }
    if (sum.conflictingResets()) {
      evaluator.warn(
          "conflicting counter resets during histogram aggregation", node.inner().position());
    }
    return average && scale == 1 ? sum.result().divide(histograms.size()) : sum.result();
  }

  private void quantile(Group group, double[] quantiles, Series result) {
    ignoreHistograms(group);
    double[] values = new double[group.members().size()];
    for (int step = 0; step < result.steps(); step++) {
      int size = 0;
      for (Series member : group.members()) {
        if (member.has(step) && member.histogram(step) == null) {
          values[size++] = member.value(step);
        }
      }
      if (size > 0) {
        result.set(step, Quantiles.of(quantiles[step], values, size));
      }
    }
  }

  private List<Series> countValues(String label, StepGrid grid) {
    Map<Labels, Series> outputs = new LinkedHashMap<>();
    for (Group group : groups(evaluator.vector(node.inner(), grid))) {
      Labels.Builder builder = group.labels().toBuilder();
      for (Series member : group.members()) {
        for (int step = 0; step < grid.count(); step++) {
          if (!member.has(step)) {
            continue;
          }
          FloatHistogram histogram = member.histogram(step);
          String text =
              histogram == null ? FloatText.plain(member.value(step)) : histogram.toString();
          Labels labels = builder.set(label, text).build();
          Series output = outputs.get(labels);
          if (output == null) {
            evaluator.context().budget().addSeries(1);
            evaluator.context().budget().addBytes(9L * grid.count() + 64);
            output =
                new Series(labels, group.dropsName() && !label.equals(Labels.NAME), grid.count());
            outputs.put(labels, output);
          }
          output.set(step, output.has(step) ? output.value(step) + 1 : 1);
        }
      }
    }
    return new ArrayList<>(outputs.values());
  }
}
