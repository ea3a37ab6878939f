package io.trilith.promql;

import io.trilith.engine.KahanSum;

/** {@code sum_over_time} and {@code avg_over_time}. Confined to one thread. */
final class TotalKernel implements RangeKernel {
  /** Up to here whole numbers are exact, and so are their sums in whatever order. */
  private static final double EXACT_MAX = 0x1p53;

  private final boolean average;
  private double[] prefix = new double[64];

  TotalKernel(boolean average) {
    this.average = average;
  }

  @Override
  public void apply(Window window, Series result) {
    OverTimeKernels.total(window, result, average);
  }

  /**
   * Sums of whole numbers are differences of running sums. Other sums depend on the rounding of
   * each step, so they are added up anew.
   */
  @Override
  public boolean slide(Window window, StepTimes ends, long range, Series result) {
    SampleColumns columns = window.columns;
    if (columns.histograms.length > 0 || columns.weighted()) {
      return false;
    }
    boolean whole = sumUp(columns);
    long[] times = columns.floatTimes;
    int from = 0;
    int to = 0;
    for (int step = 0; step < result.steps(); step++) {
      long end = ends.at(step);
      while (to < columns.floatCount && times[to] <= end) {
        to++;
      }
      while (from < to && times[from] <= end - range) {
        from++;
      }
      if (from == to) {
        continue;
      }
      double total;
      if (whole) {
        total = prefix[to] - prefix[from];
        result.set(step, average ? total / (to - from) + 0.0 : total);
      } else {
        window.lane.sawInWindows(to - from);
        double value = add(columns.floats, from, to);
        if (average && !Double.isFinite(value)) {
          // The sum may be too large where the mean is not.
          window.moveTo(step, end - range, end);
          OverTimeKernels.total(window, result, true);
        } else {
          result.set(step, value);
        }
      }
    }
    return true;
  }

  /** The sum or mean; not finite where the sum is not. */
  private double add(double[] values, int from, int to) {
    double sum = 0;
    double compensation = 0;
    for (int i = from; i < to; i++) {
      double next = sum + values[i];
      compensation += KahanSum.error(sum, values[i], next);
      sum = next;
    }
    if (Double.isInfinite(sum)) {
      return sum;
    }
    return average ? sum / (to - from) + compensation / (to - from) : sum + compensation;
  }

  /** Whether all values are whole and their sums exact. */
  private boolean sumUp(SampleColumns columns) {
    int count = columns.floatCount;
    if (prefix.length <= count) {
      prefix = new double[Math.max(count + 1, 2 * prefix.length)];
    }
    double sum = 0;
    double magnitude = 0;
    for (int i = 0; i < count; i++) {
      double value = columns.floats[i];
      sum += value;
      magnitude += Math.abs(value);
      if (value != Math.rint(value) || !(magnitude < EXACT_MAX)) {
        return false;
      }
      prefix[i + 1] = sum;
    }
    return true;
  }
}
