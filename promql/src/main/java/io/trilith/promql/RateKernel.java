package io.trilith.promql;

import io.trilith.engine.KahanSum;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import org.jspecify.annotations.Nullable;

/** {@code rate}, {@code increase} and {@code delta}: the change, extrapolated to the window. */
final class RateKernel implements RangeKernel {
  private static final int[] NO_FALLS = {};

  private final boolean counter;
  private final boolean perSecond;
  private @Nullable String informed;

  RateKernel(String name) {
    this.counter = !name.equals("delta");
    this.perSecond = name.equals("rate");
  }

  @Override
  public void apply(Window window, Series result) {
    if (window.floats() > 0 && window.histograms() > 0) {
      window.warnMixed();
    } else if (window.floats() > 0) {
      floats(window, result);
    } else {
      histograms(window, result);
    }
  }

  /**
   * Without resets in a window, and there are few, the sum of changes is last minus first; a
   * compensated sum of two is exactly that. With resets, what they took is added in their order.
   */
  @Override
  public boolean slide(Window window, StepTimes ends, long range, Series result) {
    SampleColumns columns = window.columns;
    if (columns.histograms.length > 0 || columns.floatStarts != null) {
      return false;
    }
    long[] times = columns.floatTimes;
    double[] values = columns.floats;
    int[] falls = counter ? columns.falls() : NO_FALLS;
    int from = 0;
    int to = 0;
    int fall = 0;
    for (int step = 0; step < result.steps(); step++) {
      long end = ends.at(step);
      long start = end - range;
      while (to < columns.floatCount && times[to] <= end) {
        to++;
      }
      while (from < to && times[from] <= start) {
        from++;
      }
      int last = to - 1;
      if (last <= from) {
        continue;
      }
      while (fall < falls.length && falls[fall] <= from) {
        fall++;
      }
      double first = values[from];
      double total;
      if (fall < falls.length && falls[fall] <= last) {
        total = change(values, first, last, falls, fall);
        window.lane.sawInWindows(Math.min(last - from, falls.length - fall));
      } else {
        total = (0.0 + values[last]) - first;
      }
      double zero = counter && total > 0 && first >= 0 ? first / total : Double.NaN;
      double factor =
          factor(
              start,
              end,
              times[from],
              times[from],
              times[last],
              columns.samples(from, last + 1) - 1,
              zero);
      result.set(step, total * factor);
    }
    if (counter && !result.isEmpty()) {
      informOfName(window);
    }
    return true;
  }

  private static double change(double[] values, double first, int last, int[] falls, int fall) {
    KahanSum change = new KahanSum();
    change.add(values[last]);
    change.add(-first);
    for (int i = fall; i < falls.length && falls[i] <= last; i++) {
      change.add(values[falls[i] - 1]);
    }
    return change.value();
  }

  private void floats(Window window, Series result) {
    int last = window.floats() - 1;
    boolean fromStart = counter && startsInside(window, window.startTime(0), window.time(0));
    if (last < 1 && !fromStart) {
      return;
    }
    if (counter) {
      informOfName(window);
    }
    KahanSum change = new KahanSum();
    change.add(window.value(last));
    change.add(-window.value(0));
    for (int i = 1; counter && i <= last; i++) {
      if (window.value(i) < window.value(i - 1)
          || StartTimes.reset(
              window.time(i - 1), window.startTime(i - 1), window.time(i), window.startTime(i))) {
        change.add(window.value(i - 1));
      }
      if (StartTimes.overlap(window.time(i - 1), window.startTime(i - 1), window.startTime(i))) {
        warnOverlap(window);
      }
    }
    if (fromStart) {
      change.add(window.value(0));
    }
    double total = change.value();
    double zero =
        counter && !fromStart && total > 0 && window.value(0) >= 0
            ? window.value(0) / total
            : Double.NaN;
    double factor =
        factor(
            window.start,
            window.end,
            fromStart ? window.startTime(0) : window.time(0),
            window.time(0),
            window.time(last),
            window.floatSamples() - 1,
            zero);
    result.set(window.step, total * factor);
  }

  private static void warnOverlap(Window window) {
    window.warn(
        "encountered overlapping start timestamps for metric name \"" + window.metric() + "\"");
  }

  private static boolean startsInside(Window window, long start, long time) {
    return start != 0 && start > window.start && start < time;
  }

  /** Once per metric: building the same text at every step would cost more than the rate. */
  private void informOfName(Window window) {
    String metric = window.metric();
    if (metric.equals(informed)) {
      return;
    }
    informed = metric;
    boolean named =
        metric.isEmpty()
            || metric.endsWith("_total")
            || metric.endsWith("_sum")
            || metric.endsWith("_count")
            || metric.endsWith("_bucket");
    if (!named) {
      window.info(
          "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \""
              + metric
              + "\"");
    }
  }

  /**
   * By how much the change grows to cover the window.
   *
   * @param begin when the covered time begins: the first sample, or the counter's start
   * @param zero the first value by the change: how far, in covered time, the counter's zero is away
   */
  private double factor(
      long start, long end, long begin, long first, long last, int intervals, double zero) {
    double covered = (last - begin) / 1000.0;
    double toStart = begin < first ? 0 : (first - start) / 1000.0;
    double toEnd = (end - last) / 1000.0;
    double average = intervals == 0 ? 0 : (last - first) / 1000.0 / intervals;
    double threshold = average * 1.1;
    if (toStart >= threshold && toStart > 0) {
      toStart = average / 2;
    }
    if (covered * zero < toStart) {
      toStart = covered * zero;
    }
    if (toEnd >= threshold) {
      toEnd = average / 2;
    }
    double factor = (covered + toStart + toEnd) / covered;
    return perSecond ? factor / ((end - start) / 1000.0) : factor;
  }

  private void histograms(Window window, Series result) {
    int last = window.histograms() - 1;
    boolean fromStart =
        counter && startsInside(window, window.histogramStartTime(0), window.histogramTime(0));
    if (last < 1 && !fromStart) {
      return;
    }
    checkHints(window, counter);
    FloatHistogram total = last < 1 ? null : change(window);
    if (total == null && last >= 1) {
      return;
    }
    FloatHistogram first = window.histogram(0);
    if (fromStart) {
      total = total == null ? first : HistogramSum.of(total, first);
    }
    if (total == null) {
      return;
    }
    double zero =
        counter && !fromStart && total.count() > 0 && first.count() >= 0
            ? first.count() / total.count()
            : Double.NaN;
    double factor =
        factor(
            window.start,
            window.end,
            fromStart ? window.histogramStartTime(0) : window.histogramTime(0),
            window.histogramTime(0),
            window.histogramTime(last),
            last,
            zero);
    result.set(window.step, total.multiply(factor).withHint(ResetHint.GAUGE).compact());
  }

  static void checkHints(Window window, boolean counter) {
    int last = window.histograms() - 1;
    boolean bad = false;
    for (int i = 0; counter && i <= last; i++) {
      bad |= window.histogram(i).hint() == ResetHint.GAUGE;
    }
    if (!counter && last >= 0) {
      bad =
          window.histogram(0).hint() != ResetHint.GAUGE
              || window.histogram(last).hint() != ResetHint.GAUGE;
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

  /** Last minus first, resets added for counters; null when schemas do not go together. */
  private @Nullable FloatHistogram change(Window window) {
    int last = window.histograms() - 1;
    FloatHistogram end = window.histogram(last);
    // What is before a reset right after the first sample does not matter but for its count.
    boolean firstMatters = !counter || !resetAt(window, 1);
    for (int i = firstMatters ? 0 : 1; i <= last; i++) {
      if (!window.histogram(i).compatible(end)) {
        window.warnMixedSchemas();
        return null;
      }
    }
    HistogramSum sum = new HistogramSum(end.withHint(ResetHint.GAUGE));
    if (firstMatters) {
      sum.add(window.histogram(0).multiply(-1));
    }
    for (int i = 1; counter && i <= last; i++) {
      if (i == 1 && !firstMatters) {
        continue;
      }
      if (resetAt(window, i)) {
        sum.add(window.histogram(i - 1).withHint(ResetHint.GAUGE));
      }
    }
    if (sum.reconciledBounds()) {
      window.info("mismatched custom buckets were reconciled during subtraction");
    }
    return sum.result();
  }

  static boolean resetAt(Window window, int i) {
    return StartTimes.reset(
            window.histogramTime(i - 1),
            window.histogramStartTime(i - 1),
            window.histogramTime(i),
            window.histogramStartTime(i))
        || window.histogram(i).resetSince(window.histogram(i - 1));
  }
}
