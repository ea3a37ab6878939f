package io.trilith.promql;

import io.trilith.engine.Quantiles;
import java.util.Arrays;

/**
 * Functions of the values of a window in their order: {@code quantile_over_time} and {@code
 * mad_over_time}. The order is kept from window to window: a value that comes or goes costs a
 * search and a move. Confined to one thread.
 */
final class SortedWindowKernel implements RangeKernel {
  /** A function of sorted values. */
  @FunctionalInterface
  private interface OfSorted {
    double apply(SortedWindowKernel kernel, Window window, int step);
  }

  private final OfSorted function;

  /** The values of the window that are numbers, ascending, -0 before 0. */
  private double[] sorted = new double[64];

  private int size;

  /** How many values of the window are not numbers; they come first. */
  private int nans;

  private double[] scratch = new double[0];

  private SortedWindowKernel(OfSorted function) {
    this.function = function;
  }

  /** By step; the position is that of the parameter. */
  static RangeKernel quantile(double[] quantiles, int position) {
    return new SortedWindowKernel(
        (kernel, window, step) -> {
          OverTimeKernels.checkQuantile(window.lane, quantiles[step], position);
          return kernel.quantile(quantiles[step]);
        });
  }

  /** The median of the distances from the median. */
  static RangeKernel deviation() {
    return new SortedWindowKernel((kernel, _, _) -> kernel.distance());
  }

  @Override
  public void apply(Window window, Series result) {
    if (!OverTimeKernels.hasFloats(window)) {
      return;
    }
    int from = window.floatFrom();
    fill(window.columns.floats, from, from + window.floats());
    result.set(window.step, function.apply(this, window, window.step));
  }

  @Override
  public boolean slide(Window window, StepTimes ends, long range, Series result) {
    SampleColumns columns = window.columns;
    if (columns.histograms.length > 0) {
      return false;
    }
    size = 0;
    nans = 0;
    int from = 0;
    int to = 0;
    for (int step = 0; step < result.steps(); step++) {
      long end = ends.at(step);
      int newTo = to;
      while (newTo < columns.floatCount && columns.floatTimes[newTo] <= end) {
        newTo++;
      }
      int newFrom = from;
      while (newFrom < newTo && columns.floatTimes[newFrom] <= end - range) {
        newFrom++;
      }
      move(columns.floats, from, to, newFrom, newTo);
      window.lane.sawInWindows(newTo - to + newFrom - from + (newTo - newFrom) / 64);
      from = newFrom;
      to = newTo;
      if (to > from) {
        result.set(step, function.apply(this, window, step));
      }
    }
    return true;
  }

  /** From one window to the next; sorts anew where that moves less than one value at a time. */
  private void move(double[] values, int from, int to, int newFrom, int newTo) {
    int changes = newTo - to + newFrom - from;
    if (newFrom >= to || changes > 8 + (newTo - newFrom) / 4) {
      fill(values, newFrom, newTo);
      return;
    }
    for (int i = from; i < newFrom; i++) {
      remove(values[i]);
    }
    for (int i = to; i < newTo; i++) {
      insert(values[i]);
    }
  }

  private void fill(double[] values, int from, int to) {
    size = 0;
    nans = 0;
    reserve(to - from);
    for (int i = from; i < to; i++) {
      if (Double.isNaN(values[i])) {
        nans++;
      } else {
        sorted[size++] = values[i];
      }
    }
    Arrays.sort(sorted, 0, size);
  }

  private void reserve(int count) {
    if (count > sorted.length) {
      sorted = Arrays.copyOf(sorted, Math.max(count, 2 * sorted.length));
    }
  }

  private void insert(double value) {
    if (Double.isNaN(value)) {
      nans++;
      return;
    }
    reserve(size + 1);
    int at = Arrays.binarySearch(sorted, 0, size, value);
    at = at < 0 ? -at - 1 : at;
    System.arraycopy(sorted, at, sorted, at + 1, size - at);
    sorted[at] = value;
    size++;
  }

  private void remove(double value) {
    if (Double.isNaN(value)) {
      nans--;
      return;
    }
    int at = Arrays.binarySearch(sorted, 0, size, value);
    System.arraycopy(sorted, at + 1, sorted, at, size - at - 1);
    size--;
  }

  /** As {@link Quantiles#of}, of values that are sorted already. */
  private double quantile(double q) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0 || q > 1) {
      return q < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    int count = size + nans;
    double rank = q * (count - 1);
    int lower = (int) Math.max(0, Math.floor(rank));
    int upper = Math.min(count - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    return at(lower) * (1 - weight) + at(upper) * weight;
  }

  private double at(int rank) {
    return rank < nans ? Double.NaN : sorted[rank - nans];
  }

  private double distance() {
    if (nans > 0) {
      return Double.NaN;
    }
    double median = quantile(0.5);
    if (Double.isInfinite(sorted[0]) || Double.isInfinite(sorted[size - 1])) {
      if (scratch.length < size) {
        scratch = new double[sorted.length];
      }
      for (int i = 0; i < size; i++) {
        scratch[i] = Math.abs(sorted[i] - median);
      }
      return Quantiles.of(0.5, scratch, size);
    }
    return middleDistance(median);
  }

  /** Distances ascend from the median to either side: those in the middle need no sorting. */
  private double middleDistance(double median) {
    int right = 0;
    int high = size;
    while (right < high) {
      int middle = (right + high) >>> 1;
      if (sorted[middle] < median) {
        right = middle + 1;
      } else {
        high = middle;
      }
    }
    int left = right - 1;
    double rank = 0.5 * (size - 1);
    int lower = (int) Math.floor(rank);
    int upper = Math.min(size - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    double atLower = 0;
    double current = 0;
    for (int i = 0; i <= upper; i++) {
      boolean leftNext =
          right == size
              || (left >= 0 && Math.abs(sorted[left] - median) <= Math.abs(sorted[right] - median));
      current = Math.abs((leftNext ? sorted[left--] : sorted[right++]) - median);
      atLower = i == lower ? current : atLower;
    }
    return atLower * (1 - weight) + current * weight;
  }
}
