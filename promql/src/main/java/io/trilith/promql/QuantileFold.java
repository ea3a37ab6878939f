package io.trilith.promql;

import io.trilith.engine.Quantiles;
import io.trilith.promql.ast.Expr;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;

/** {@code quantile}, which needs all values of a step at once. */
final class QuantileFold implements GroupFold {
  private final Evaluator evaluator;
  private final Expr.Aggregation node;
  private final Labels labels;
  private final boolean dropsName;
  private final double[] quantiles;
  private final List<Series> members = new ArrayList<>();
  private boolean sawHistograms;

  QuantileFold(
      Evaluator evaluator,
      Expr.Aggregation node,
      Labels labels,
      boolean dropsName,
      double[] quantiles) {
    this.evaluator = evaluator;
    this.node = node;
    this.labels = labels;
    this.dropsName = dropsName;
    this.quantiles = quantiles;
  }

  @Override
  public void add(Series member) {
    evaluator.context().budget().addBytes(Series.bytes(quantiles.length));
    members.add(member.copy());
    for (int step = 0; member.hasHistograms() && step < quantiles.length; step++) {
      sawHistograms |= member.histogram(step) != null;
    }
  }

  @Override
  public void finish(List<Series> into) {
    if (sawHistograms) {
      FloatFold.informOfHistograms(evaluator, node);
    }
    Series result = new Series(labels, dropsName, quantiles.length);
    double[] values = new double[members.size()];
    for (int step = 0; step < quantiles.length; step++) {
      evaluator.context().check();
      int size = 0;
      for (Series member : members) {
        if (member.has(step) && member.histogram(step) == null) {
          values[size++] = member.value(step);
        }
      }
      if (size > 0) {
        result.set(step, Quantiles.of(quantiles[step], values, size));
      }
    }
    if (!result.isEmpty()) {
      into.add(result);
    }
  }
}
