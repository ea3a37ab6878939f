package io.trilith.traceql.ast;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A query for series of numbers. */
public sealed interface Metrics {
  /** Spans, counted or measured. */
  record Source(Pipeline pipeline, Function function, List<Expression.Field> by)
      implements Metrics {
    public Source {
      by = List.copyOf(by);
    }
  }

  record Operation(ArithmeticOperator operator, Metrics left, Metrics right) implements Metrics {}

  record Constant(Static value) implements Metrics {}

  /** The greatest or least series at each point. */
  record Rank(Metrics input, boolean top, int count) implements Metrics {}

  /** Points that compare so with a constant. */
  record Threshold(Metrics input, ComparisonOperator operator, double constant)
      implements Metrics {}

  /** What is done with the spans of a window. */
  sealed interface Function {}

  record Count(boolean perSecond) implements Function {}

  record OverTime(Kind kind, Expression.Field field) implements Function {
    /** The function. */
    public enum Kind {
      MIN,
      MAX,
      AVG,
      SUM,
      HISTOGRAM
    }
  }

  record Quantile(Expression.Field field, List<Double> quantiles) implements Function {
    public Quantile {
      quantiles = List.copyOf(quantiles);
    }
  }

  /**
   * Attribute values of selected spans against those of the others.
   *
   * @param startNanos where the selection begins, 0 for everywhere; the same for its end
   */
  record Compare(@Nullable Expression selection, int top, long startNanos, long endNanos)
      implements Function {}
}
