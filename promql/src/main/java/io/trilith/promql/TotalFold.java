package io.trilith.promql;

import io.trilith.engine.FloatAggregate;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code sum} and {@code avg}, of floats or of histograms. */
final class TotalFold implements GroupFold {
  private final Evaluator evaluator;
  private final Expr.Aggregation node;
  private final boolean average;
  private final FloatAggregate aggregate;
  private final Series result;

  /** Histograms by step: a mean that overflows is computed anew, so that all of them are needed. */
  private @Nullable List<List<FloatHistogram>> histograms;

  TotalFold(Evaluator evaluator, Expr.Aggregation node, Series result) {
    this.evaluator = evaluator;
    this.node = node;
    this.average = node.op() == AggregateOp.AVG;
    this.aggregate =
        new FloatAggregate(
            average ? FloatAggregate.Kind.AVG : FloatAggregate.Kind.SUM, result.steps());
    this.result = result;
  }

  @Override
  public void add(Series member) {
    if (FloatFold.addFloats(member, aggregate)) {
      addHistograms(member);
    }
  }

  private void addHistograms(Series member) {
    if (histograms == null) {
      histograms = new ArrayList<>();
      for (int step = 0; step < result.steps(); step++) {
        histograms.add(new ArrayList<>());
      }
    }
    long bytes = 0;
    for (int step = 0; step < member.steps(); step++) {
      FloatHistogram histogram = member.histogram(step);
      if (histogram != null) {
        histograms.get(step).add(histogram);
        bytes += Series.HISTOGRAM_BYTES;
      }
    }
    evaluator.context().budget().addBytes(bytes);
  }

  @Override
  public void finish(List<Series> into) {
    for (int step = 0; step < result.steps(); step++) {
      List<FloatHistogram> here = histograms == null ? List.of() : histograms.get(step);
      if (here.isEmpty()) {
        if (aggregate.count(step) > 0) {
          result.set(step, aggregate.value(step));
        }
      } else if (aggregate.count(step) > 0) {
        evaluator.warn(
            "encountered a mix of histograms and floats for aggregation", node.inner().position());
      } else {
        evaluator.context().check();
        FloatHistogram total = total(here, 1);
        if (total != null) {
          result.set(step, total.compact());
        }
      }
    }
    if (!result.isEmpty()) {
      into.add(result);
    }
  }

  private @Nullable FloatHistogram total(List<FloatHistogram> here, double scale) {
    HistogramSum sum = new HistogramSum(here.getFirst().divide(scale));
    for (int i = 1; i < here.size(); i++) {
      if (!here.get(i).compatible(here.getFirst())) {
        evaluator.warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas"
                + " for aggregation",
            node.inner().position());
        return null;
      }
      sum.add(here.get(i).divide(scale));
    }
    if (average && scale == 1 && sum.overflowed()) {
      return total(here, here.size());
    }
    if (sum.reconciledBounds()) {
      evaluator.info(
          "mismatched custom buckets were reconciled during aggregation", node.inner().position());
    }
    if (sum.conflictingResets()) {
      evaluator.warn(
          "conflicting counter resets during histogram aggregation", node.inner().position());
    }
    return average && scale == 1 ? sum.result().divide(here.size()) : sum.result();
  }
}
