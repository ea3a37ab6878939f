package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import org.jspecify.annotations.Nullable;

/**
 * {@code rate}, {@code increase} and {@code delta} of anchored and smoothed ranges: no
 * extrapolation, but the sample before the window counts (anchored), or values at the edges are
 * interpolated (smoothed). The window holds the samples around it, too.
 */
final class ExtendedRate implements RangeKernel {
  private final boolean counter;
  private final boolean perSecond;
  private final boolean smoothed;

  ExtendedRate(String name, boolean smoothed) {
    this.counter = !name.equals("delta");
    this.perSecond = name.equals("rate");
    this.smoothed = smoothed;
  }

  /** The samples a window is computed from: indexes, both included. */
  private record Part(int first, int last) {}

  /** The last sample at or before the window, or its first; up to its last or the one behind. */
  private @Nullable Part part(int size, TimeAt times, Window window) {
    int first = 0;
    while (first + 1 < size && times.at(first + 1) <= window.start) {
      first++;
    }
    int last = size - 1;
    while (last > 0 && times.at(last - 1) >= window.end) {
      last--;
    }
    boolean none =
        size == 0
            || times.at(last) <= window.start
            || times.at(first) > window.end
            || (!smoothed && times.at(last) > window.end);
    return none ? null : new Part(first, last);
  }

  /** When the i-th sample was taken. */
  @FunctionalInterface
  private interface TimeAt {
    long at(int i);
  }

  @Override
  public void apply(Window window, Series result) {
    Part floats = part(window.floats(), window::time, window);
    Part histograms = part(window.histograms(), window::histogramTime, window);
    if (floats != null && histograms != null) {
      window.warnMixed();
    } else if (floats != null) {
      result.set(window.step, scale(floats(window, floats), window));
    } else if (histograms != null) {
      histograms(window, histograms, result);
    }
  }

  private double scale(double change, Window window) {
    return perSecond ? change / ((window.end - window.start) / 1000.0) : change;
  }

  private static double share(long from, long to, long at) {
    return (double) (at - from) / (to - from);
  }

  private double floats(Window window, Part part) {
    int first = part.first();
    int last = part.last();
    double left = window.value(first);
    double resets = 0;
    double before = left;
    if (smoothed && window.time(first) < window.start) {
      double next = window.value(first + 1);
      boolean reset = counter && next < left;
      double from = reset ? 0 : left;
      left = from + (next - from) * share(window.time(first), window.time(first + 1), window.start);
      before = left;
    }
    int inside = last;
    if (smoothed && window.time(last) > window.end) {
      inside = last - 1;
    }
    for (int i = first + 1; i <= inside; i++) {
      double value = window.value(i);
      if (counter && value < before) {
        resets += before;
      }
      before = value;
    }
    double right = before;
    if (inside < last) {
      double from = inside >= 0 ? window.value(inside) : left;
      double to = window.value(last);
      if (counter && to < from) {
        to += from;
      }
      boolean anyInside = window.time(inside) > window.start;
      right = from + (to - from) * share(window.time(inside), window.time(last), window.end);
      if (!anyInside && counter && window.value(last) < window.value(inside)) {
        // Both edges lie between the same two samples, on the far side of the reset.
        right = window.value(last) * share(window.time(inside), window.time(last), window.end);
      }
    }
    return right - left + resets;
  }

  private void histograms(Window window, Part part, Series result) {
    for (int i = part.first(); i <= part.last(); i++) {
      if (!window.histogram(i).compatible(window.histogram(part.last()))) {
        window.warnMixedSchemas();
        return;
      }
    }
    checkHints(window, part);
    int first = part.first();
    int last = part.last();
    FloatHistogram left = window.histogram(first);
    if (smoothed && window.histogramTime(first) < window.start) {
      left = between(window, first, window.start);
    }
    int inside = smoothed && window.histogramTime(last) > window.end ? last - 1 : last;
    HistogramSum sum = new HistogramSum(left.multiply(-1).withHint(ResetHint.GAUGE));
    FloatHistogram before = left;
    for (int i = first + 1; i <= inside; i++) {
      FloatHistogram value = window.histogram(i);
      boolean fromEdge = before == left && left != window.histogram(first);
      boolean reset =
          fromEdge
              ? value.withHint(ResetHint.UNKNOWN).resetSince(before)
              : value.resetSince(before);
      if (counter && reset) {
        sum.add(before.withHint(ResetHint.GAUGE));
      }
      before = value;
    }
    FloatHistogram right = before;
    if (inside < last) {
      right = between(window, inside, window.end);
      if (counter && inside > first && window.histogram(last).resetSince(before)) {
        sum.add(before.withHint(ResetHint.GAUGE));
      }
    }
    sum.add(right.withHint(ResetHint.GAUGE));
    FloatHistogram change = sum.result();
    if (sum.reconciledBounds()) {
      window.info("mismatched custom buckets were reconciled during subtraction");
    }
    if (perSecond) {
      change = change.divide((window.end - window.start) / 1000.0);
    }
    result.set(window.step, change.withHint(ResetHint.GAUGE).compact());
  }

  private void checkHints(Window window, Part part) {
    boolean bad = false;
    for (int i = part.first(); counter && i <= part.last(); i++) {
      bad |= window.histogram(i).hint() == ResetHint.GAUGE;
    }
    if (!counter) {
      bad =
          window.histogram(part.first()).hint() != ResetHint.GAUGE
              || window.histogram(part.last()).hint() != ResetHint.GAUGE;
    }
    if (bad) {
      window.warn(
          "this native histogram metric is not a "
              + (counter ? "counter" : "gauge")
              + ": \""
              + window.metric()
              + "\"");
    }
  }

  private FloatHistogram between(Window window, int i, long time) {
    FloatHistogram from = window.histogram(i);
    FloatHistogram to = window.histogram(i + 1);
    double share = share(window.histogramTime(i), window.histogramTime(i + 1), time);
    if (counter && to.resetSince(from)) {
      return to.multiply(share);
    }
    return mix(from, to, share);
  }

  private static FloatHistogram mix(FloatHistogram from, FloatHistogram to, double share) {
    return HistogramSum.of(from.multiply(1 - share), to.multiply(share));
  }

  /** Whether the sample before a time is a float and the one behind it a histogram, or reverse. */
  private static boolean betweenKinds(
      Window window, long time, int floats, int histograms, boolean ofFloats) {
    if (floats == window.floats() && histograms == window.histograms()) {
      return false;
    }
    long before =
        ofFloats
            ? window.time(floats - 1)
            : histograms > 0 ? window.histogramTime(histograms - 1) : time;
    boolean nextIsFloat =
        histograms == window.histograms()
            || (floats < window.floats() && window.time(floats) < window.histogramTime(histograms));
    return before < time && nextIsFloat != ofFloats;
  }

  /** The smoothed value of an instant selector; the window reaches a lookback to both sides. */
  static void interpolateAt(Window window, long time, Series result) {
    int floats = 0;
    while (floats < window.floats() && window.time(floats) <= time) {
      floats++;
    }
    int histograms = 0;
    while (histograms < window.histograms() && window.histogramTime(histograms) <= time) {
      histograms++;
    }
    boolean ofFloats =
        floats > 0
            && (histograms == 0 || window.time(floats - 1) > window.histogramTime(histograms - 1));
    if (betweenKinds(window, time, floats, histograms, ofFloats)) {
      window.warnMixed();
      return;
    }
    if (ofFloats) {
      double from = window.value(floats - 1);
      boolean exact = floats == window.floats() || window.time(floats - 1) == time;
      double value =
          exact
              ? from
              : from
                  + (window.value(floats) - from)
                      * share(window.time(floats - 1), window.time(floats), time);
      result.set(window.step, value);
    } else if (histograms > 0) {
      FloatHistogram from = window.histogram(histograms - 1);
      boolean exact =
          histograms == window.histograms() || window.histogramTime(histograms - 1) == time;
      if (exact) {
        result.set(window.step, from);
      } else if (from.compatible(window.histogram(histograms))
          && from.hint() != ResetHint.GAUGE
          && window.histogram(histograms).resetSince(from)) {
        double share =
            share(window.histogramTime(histograms - 1), window.histogramTime(histograms), time);
        result.set(window.step, window.histogram(histograms).multiply(share));
      } else if (from.compatible(window.histogram(histograms))) {
        double share =
            share(window.histogramTime(histograms - 1), window.histogramTime(histograms), time);
        result.set(window.step, mix(from, window.histogram(histograms), share));
      } else {
        window.warnMixedSchemas();
      }
    }
  }
}
