package io.trilith.promql;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.KahanSum;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.storage.text.FloatText;
import org.jspecify.annotations.Nullable;

/** The {@code …_over_time} functions. */
final class OverTimeKernels {
  private OverTimeKernels() {}

  static RangeKernel of(String name) {
    return switch (name) {
      case "count_over_time" ->
          (w, out) -> out.set(w.step, (double) w.floatSamples() + w.histograms());
      case "present_over_time" -> (w, out) -> out.set(w.step, 1);
      case "sum_over_time" -> new TotalKernel(false);
      case "avg_over_time" -> new TotalKernel(true);
      case "min_over_time" -> new ExtremeKernel(false, false);
      case "max_over_time" -> new ExtremeKernel(true, false);
      case "stddev_over_time" -> (w, out) -> deviation(w, out, true);
      case "stdvar_over_time" -> (w, out) -> deviation(w, out, false);
      case "mad_over_time" -> SortedWindowKernel.deviation();
      case "last_over_time" -> (w, out) -> edge(w, out, true);
      case "first_over_time" -> (w, out) -> edge(w, out, false);
      case "ts_of_last_over_time" -> (w, out) -> edgeTime(w, out, true);
      case "ts_of_first_over_time" -> (w, out) -> edgeTime(w, out, false);
      case "ts_of_min_over_time" -> new ExtremeKernel(false, true);
      case "ts_of_max_over_time" -> new ExtremeKernel(true, true);
      default -> throw new IllegalStateException("no function " + name);
    };
  }

  /** Whether there are floats; says so when histograms beside them are passed over. */
  static boolean hasFloats(Window window) {
    if (window.floats() > 0 && window.histograms() > 0) {
      RegressionKernels.ignoredHistograms(window);
    }
    return window.floats() > 0;
  }

  /** The sum or mean of a window. */
  static void total(Window window, Series result, boolean average) {
    if (window.floats() > 0 && window.histograms() > 0) {
      window.warnMixed();
    } else if (window.columns.weighted() && window.floats() > 0) {
      weighted(window, result, average);
    } else if (window.floats() > 0) {
      floats(window, result, average ? FloatAggregate.Kind.AVG : FloatAggregate.Kind.SUM);
    } else {
      FloatHistogram sum = histogramTotal(window, average, 1);
      if (sum != null) {
        result.set(window.step, sum);
      }
    }
  }

  private static void weighted(Window window, Series result, boolean average) {
    KahanSum sum = new KahanSum();
    for (int i = 0; i < window.floats(); i++) {
      sum.add(window.value(i));
    }
    result.set(window.step, average ? sum.value() / window.floatSamples() : sum.value());
  }

  private static @Nullable FloatHistogram histogramTotal(
      Window window, boolean average, double scale) {
    HistogramSum sum = new HistogramSum(scaled(window.histogram(0), scale));
    for (int i = 1; i < window.histograms(); i++) {
      if (!window.histogram(i).compatible(window.histogram(0))) {
        window.warnMixedSchemas();
        return null;
      }
      sum.add(scaled(window.histogram(i), scale));
    }
    if (average && scale == 1 && sum.overflowed()) {
      return histogramTotal(window, true, window.histograms());
    }
    if (sum.reconciledBounds()) {
      window.info("mismatched custom buckets were reconciled during aggregation");
    }
    if (sum.conflictingResets()) {
      window.warn("conflicting counter resets during histogram aggregation");
    }
    FloatHistogram result = sum.result();
    return average && scale == 1 ? result.divide(window.histograms()) : result;
  }

  private static FloatHistogram scaled(FloatHistogram histogram, double divisor) {
    return divisor == 1 ? histogram : histogram.divide(divisor);
  }

  static void floats(Window window, Series result, FloatAggregate.Kind kind) {
    if (!hasFloats(window)) {
      return;
    }
    FloatAggregate aggregate = new FloatAggregate(kind, 1);
    for (int i = 0; i < window.floats(); i++) {
      aggregate.add(0, window.value(i));
    }
    result.set(window.step, aggregate.value(0));
  }

  private static void deviation(Window window, Series result, boolean root) {
    if (!hasFloats(window)) {
      return;
    }
    double count = 0;
    KahanSum mean = new KahanSum();
    KahanSum squares = new KahanSum();
    for (int i = 0; i < window.floats(); i++) {
      count++;
      double delta = window.value(i) - mean.value();
      mean.add(delta / count);
      squares.add(delta * (window.value(i) - mean.value()));
    }
    double variance = squares.value() / count;
    result.set(window.step, root ? Math.sqrt(variance) : variance);
  }

  static void checkQuantile(Notes notes, double q, int position) {
    if (!(q >= 0 && q <= 1)) {
      notes.warn("quantile value should be between 0 and 1, got " + FloatText.json(q), position);
    }
  }

  private static boolean floatAtEdge(Window window, boolean last) {
    if (window.histograms() == 0 || window.floats() == 0) {
      return window.histograms() == 0;
    }
    return last
        ? window.time(window.floats() - 1) > window.histogramTime(window.histograms() - 1)
        : window.time(0) < window.histogramTime(0);
  }

  private static void edge(Window window, Series result, boolean last) {
    if (floatAtEdge(window, last)) {
      result.set(window.step, window.value(last ? window.floats() - 1 : 0));
    } else {
      result.set(window.step, window.histogram(last ? window.histograms() - 1 : 0));
    }
  }

  private static void edgeTime(Window window, Series result, boolean last) {
    long time =
        floatAtEdge(window, last)
            ? window.time(last ? window.floats() - 1 : 0)
            : window.histogramTime(last ? window.histograms() - 1 : 0);
    result.set(window.step, time / 1000.0);
  }
}
