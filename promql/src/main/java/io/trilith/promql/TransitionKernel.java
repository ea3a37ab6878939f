package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import org.jspecify.annotations.Nullable;

/** {@code changes} and {@code resets}: counts steps from sample to sample. */
final class TransitionKernel implements RangeKernel {
  private final boolean resets;
  private final boolean anchored;

  TransitionKernel(boolean resets, boolean anchored) {
    this.resets = resets;
    this.anchored = anchored;
  }

  @Override
  public void apply(Window window, Series result) {
    int floatAt = 0;
    int histogramAt = 0;
    int lastFloat = -1;
    int lastHistogram = -1;
    int seen = 0;
    int count = 0;
    boolean wasFloat = false;
    while (floatAt < window.floats() || histogramAt < window.histograms()) {
      boolean isFloat =
          histogramAt >= window.histograms()
              || (floatAt < window.floats()
                  && window.time(floatAt) < window.histogramTime(histogramAt));
      long time = isFloat ? window.time(floatAt) : window.histogramTime(histogramAt);
      int at = isFloat ? floatAt++ : histogramAt++;
      if (time > window.start && (lastFloat >= 0 || lastHistogram >= 0)) {
        boolean step =
            isFloat != wasFloat
                || (isFloat ? floats(window, lastFloat, at) : histograms(window, at));
        count += step ? 1 : 0;
      }
      seen += time > window.start ? 1 : 0;
      lastFloat = isFloat ? at : lastFloat;
      lastHistogram = isFloat ? lastHistogram : at;
      wasFloat = isFloat;
    }
    if (seen > 0 || !anchored) {
      result.set(window.step, count);
    }
  }

  private boolean floats(Window window, int before, int at) {
    double last = window.value(before);
    double value = window.value(at);
    if (resets) {
      return value < last
          || StartTimes.reset(
              window.time(before), window.startTime(before), window.time(at), window.startTime(at));
    }
    return value != last && !(Double.isNaN(value) && Double.isNaN(last));
  }

  private boolean histograms(Window window, int at) {
    @Nullable FloatHistogram before = at == 0 ? null : window.histogram(at - 1);
    if (before == null) {
      return false;
    }
    return resets ? RateKernel.resetAt(window, at) : !window.histogram(at).sameAs(before);
  }
}
