package io.trilith.promql;

import io.trilith.engine.FloatAggregate;
import io.trilith.promql.ast.Expr;
import java.util.List;

/** The aggregations that know floats only: least, greatest, deviations. */
final class FloatFold implements GroupFold {
  private final Evaluator evaluator;
  private final Expr.Aggregation node;
  private final FloatAggregate aggregate;
  private final Series result;
  private boolean sawHistograms;

  FloatFold(Evaluator evaluator, Expr.Aggregation node, FloatAggregate.Kind kind, Series result) {
    this.evaluator = evaluator;
    this.node = node;
    this.aggregate = new FloatAggregate(kind, result.steps());
    this.result = result;
  }

  /** Adds the floats of a series; whether there are histograms beside them. */
  static boolean addFloats(Series member, FloatAggregate aggregate) {
    if (!member.hasHistograms()) {
      aggregate.add(member.values(), member.presence());
      return false;
    }
    boolean histograms = false;
    for (int step = 0; step < member.steps(); step++) {
      if (member.histogram(step) != null) {
        histograms = true;
      } else if (member.has(step)) {
        aggregate.add(step, member.value(step));
      }
    }
    return histograms;
  }

  /** Says that there were histograms. */
  static void informOfHistograms(Evaluator evaluator, Expr.Aggregation node) {
    evaluator.info(
        "ignored histogram in " + node.op().text() + " aggregation", node.inner().position());
  }

  @Override
  public void add(Series member) {
    sawHistograms |= addFloats(member, aggregate);
  }

  @Override
  public void finish(List<Series> into) {
    if (sawHistograms) {
      informOfHistograms(evaluator, node);
    }
    for (int step = 0; step < result.steps(); step++) {
      if (aggregate.count(step) > 0) {
        result.set(step, aggregate.value(step));
      }
    }
    if (!result.isEmpty()) {
      into.add(result);
    }
  }
}
