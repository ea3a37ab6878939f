package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.tsdb.NativeHistogram.ResetHint;

/** {@code irate} and {@code idelta}: the change between the last two samples. */
final class InstantRateKernel implements RangeKernel {
  private final boolean rate;

  InstantRateKernel(boolean rate) {
    this.rate = rate;
  }

  @Override
  public void apply(Window window, Series result) {
    int floats = window.floats();
    int histograms = window.histograms();
    if (floats + histograms < 2) {
      return;
    }
    if (lastTwoMixed(window)) {
      window.warnMixed();
      return;
    }
    boolean ofFloats =
        histograms == 0
            || (floats > 0 && window.time(floats - 1) > window.histogramTime(histograms - 1));
    if (ofFloats) {
      floats(window, result, floats - 1);
    } else {
      histograms(window, result, histograms - 1);
    }
  }

  private static boolean lastTwoMixed(Window window) {
    int floats = window.floats();
    int histograms = window.histograms();
    if (floats == 0 || histograms == 0) {
      return false;
    }
    long lastFloat = window.time(floats - 1);
    long lastHistogram = window.histogramTime(histograms - 1);
    return lastFloat > lastHistogram
        ? floats < 2 || window.time(floats - 2) < lastHistogram
        : histograms < 2 || window.histogramTime(histograms - 2) < lastFloat;
  }

  private void floats(Window window, Series result, int last) {
    boolean reset =
        rate
            && (window.value(last) < window.value(last - 1)
                || StartTimes.reset(
                    window.time(last - 1),
                    window.startTime(last - 1),
                    window.time(last),
                    window.startTime(last)));
    double change = reset ? window.value(last) : window.value(last) - window.value(last - 1);
    double seconds = (window.time(last) - window.time(last - 1)) / 1000.0;
    result.set(window.step, rate ? change / seconds : change);
  }

  private void histograms(Window window, Series result, int last) {
    FloatHistogram current = window.histogram(last);
    FloatHistogram before = window.histogram(last - 1);
    boolean gauges = current.hint() == ResetHint.GAUGE && before.hint() == ResetHint.GAUGE;
    boolean anyGauge = current.hint() == ResetHint.GAUGE || before.hint() == ResetHint.GAUGE;
    if (rate ? anyGauge : !gauges) {
      window.warn(
          "this native histogram metric is not a "
              + (rate ? "counter" : "gauge")
              + ": \""
              + window.metric()
              + "\"");
    }
    FloatHistogram change = current;
    boolean reset = rate && RateKernel.resetAt(window, last);
    if (!reset) {
      if (!current.compatible(before)) {
        window.warnMixedSchemas();
        return;
      }
      HistogramSum sum = new HistogramSum(current.withHint(ResetHint.GAUGE));
      sum.add(before.multiply(-1));
      if (sum.reconciledBounds()) {
        window.info("mismatched custom buckets were reconciled during subtraction");
      }
      change = sum.result();
    }
    double seconds = (window.histogramTime(last) - window.histogramTime(last - 1)) / 1000.0;
    change = rate ? change.divide(seconds) : change;
    result.set(window.step, change.withHint(ResetHint.GAUGE).compact());
  }
}
