package io.trilith.promql;

import io.trilith.engine.KahanSum;
import io.trilith.engine.StepGrid;

/** {@code deriv}, {@code predict_linear} and {@code double_exponential_smoothing}. */
final class RegressionKernels {
  private RegressionKernels() {}

  /** Slope and intercept of a least squares line. */
  private record Line(double slope, double intercept) {}

  static RangeKernel derivative() {
    return (window, result) -> {
      if (enoughFloats(window)) {
        result.set(window.step, line(window, window.time(0)).slope());
      }
    };
  }

  static RangeKernel prediction(double[] ahead, StepGrid grid) {
    return (window, result) -> {
      if (enoughFloats(window)) {
        // Seconds count from the evaluation time, which an offset does not move.
        Line line = line(window, grid.time(window.step));
        result.set(window.step, line.slope() * ahead[window.step] + line.intercept());
      }
    };
  }

  static boolean enoughFloats(Window window) {
    if (window.floats() > 0 && window.histograms() > 0) {
      ignoredHistograms(window);
    }
    return window.floats() >= 2;
  }

  static void ignoredHistograms(Window window) {
    window.info(
        "ignored histograms in a range containing both floats and histograms for metric name \""
            + window.metric()
            + "\"");
  }

  private static Line line(Window window, long origin) {
    int size = window.floats();
    double first = window.value(0);
    boolean constant = true;
    KahanSum x = new KahanSum();
    KahanSum y = new KahanSum();
    KahanSum xy = new KahanSum();
    KahanSum xx = new KahanSum();
    for (int i = 0; i < size; i++) {
      double value = window.value(i);
      double seconds = (window.time(i) - origin) / 1000.0;
      constant &= value == first;
      x.add(seconds);
      y.add(value);
      xy.add(seconds * value);
      xx.add(seconds * seconds);
    }
    if (constant) {
      return Double.isInfinite(first) ? new Line(Double.NaN, Double.NaN) : new Line(0, first);
    }
    double covariance = xy.value() - x.value() * y.value() / size;
    double variance = xx.value() - x.value() * x.value() / size;
    double slope = covariance / variance;
    return new Line(slope, y.value() / size - slope * x.value() / size);
  }

  static RangeKernel smoothing(double[] factors, double[] trends) {
    return (window, result) -> {
      double factor = factors[window.step];
      double trend = trends[window.step];
      requireBetweenZeroAndOne("smoothing", factor);
      requireBetweenZeroAndOne("trend", trend);
      if (!enoughFloats(window)) {
        return;
      }
      double level = window.value(0);
      double slope = window.value(1) - window.value(0);
      double before = level;
      for (int i = 1; i < window.floats(); i++) {
        if (i > 1) {
          slope = trend * (level - before) + (1 - trend) * slope;
        }
        before = level;
        level = factor * window.value(i) + (1 - factor) * (level + slope);
      }
      result.set(window.step, level);
    };
  }

  private static void requireBetweenZeroAndOne(String what, double factor) {
    if (factor < 0 || factor > 1) {
      throw new ExecutionException(
          "invalid "
              + what
              + " factor. Expected: 0 <= "
              + what.charAt(0)
              + "f <= 1, got: "
              + factor);
    }
  }
}
