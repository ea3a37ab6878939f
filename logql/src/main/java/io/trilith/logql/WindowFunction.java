package io.trilith.logql;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.KahanSum;
import io.trilith.engine.Quantiles;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.storage.text.GoNumber;
import java.util.Arrays;

/** What a range function makes of the samples in one window. Confined to one thread. */
final class WindowFunction {
  private final RangeFunction function;
  private final double seconds;
  private final long rangeNanos;
  private final double quantile;

  private WindowFunction(RangeFunction function, long rangeNanos, double quantile) {
    this.function = function;
    this.rangeNanos = rangeNanos;
    this.seconds = rangeNanos / 1e9;
    this.quantile = quantile;
  }

  static WindowFunction of(Expr.RangeAggregation aggregation) {
    String parameter = aggregation.parameter();
    return new WindowFunction(
        aggregation.function(),
        aggregation.rangeNanos(),
        parameter == null ? 0 : GoNumber.real(parameter).orElse(Double.POSITIVE_INFINITY));
  }

  /** The result when only the sum of the window is known. */
  double ofSum(double sum) {
    boolean perSecond = function == RangeFunction.RATE || function == RangeFunction.BYTES_RATE;
    return perSecond ? sum / seconds : sum;
  }

  /** The result of the samples from one index up to another; the window is not empty. */
  double apply(long[] times, double[] values, int from, int to, long end) {
    return switch (function) {
      case RATE -> sum(values, from, to) / seconds;
      case SUM_OVER_TIME -> sum(values, from, to);
      case FIRST_OVER_TIME -> values[from];
      case LAST_OVER_TIME -> values[to - 1];
      case AVG_OVER_TIME -> aggregate(FloatAggregate.Kind.AVG, values, from, to);
      case MIN_OVER_TIME -> aggregate(FloatAggregate.Kind.MIN, values, from, to);
      case MAX_OVER_TIME -> aggregate(FloatAggregate.Kind.MAX, values, from, to);
      case STDDEV_OVER_TIME -> aggregate(FloatAggregate.Kind.STDDEV, values, from, to);
      case STDVAR_OVER_TIME -> aggregate(FloatAggregate.Kind.STDVAR, values, from, to);
      case QUANTILE_OVER_TIME ->
          Quantiles.of(quantile, Arrays.copyOfRange(values, from, to), to - from);
      case RATE_COUNTER -> counterRate(times, values, from, to, end);
      case ABSENT_OVER_TIME, COUNT_OVER_TIME, BYTES_OVER_TIME, BYTES_RATE -> to - from;
    };
  }

  private static double sum(double[] values, int from, int to) {
    KahanSum sum = new KahanSum();
    for (int i = from; i < to; i++) {
      sum.add(values[i]);
    }
    return sum.value();
  }

  private static double aggregate(FloatAggregate.Kind kind, double[] values, int from, int to) {
    FloatAggregate aggregate = new FloatAggregate(kind, 1);
    for (int i = from; i < to; i++) {
      aggregate.add(0, values[i]);
    }
    return aggregate.value(0);
  }

  /** As Prometheus's rate, but one sample makes 0: resets are added, the ends extrapolated. */
  private double counterRate(long[] times, double[] values, int from, int to, long end) {
    if (to - from < 2) {
      return 0;
    }
    double increase = values[to - 1] - values[from];
    for (int i = from + 1; i < to; i++) {
      increase += values[i] < values[i - 1] ? values[i - 1] : 0;
    }
    double sampled = (times[to - 1] - times[from]) / 1e9;
    double between = sampled / (to - from - 1);
    double toStart = (times[from] - (end - rangeNanos)) / 1e9;
    double toEnd = (end - times[to - 1]) / 1e9;
    double threshold = between * 1.1;
    if (toStart >= threshold) {
      toStart = between / 2;
    }
    if (increase > 0 && values[from] >= 0) {
      toStart = Math.min(toStart, sampled * (values[from] / increase));
    }
    if (toEnd >= threshold) {
      toEnd = between / 2;
    }
    return increase * ((sampled + toStart + toEnd) / sampled) / seconds;
  }
}
