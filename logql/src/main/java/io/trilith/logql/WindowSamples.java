package io.trilith.logql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.StepSeries;
import io.trilith.storage.encoding.StableOrder;
import io.trilith.storage.model.Labels;
import java.util.Arrays;

/**
 * The samples of one series. Counts go straight to the steps whose window holds them; whatever
 * needs the values keeps them. Confined to one thread.
 */
final class WindowSamples {
  private static final int GROWTH = 1024;

  private final NanoGrid grid;
  private final boolean counting;

  /** What enters and leaves at each step, when only counting. */
  private final double[] changes;

  private final long[] changedCounts;
  private long[] times = new long[0];
  private double[] values = new double[0];
  private int size;
  private long range;

  private WindowSamples(NanoGrid grid, boolean counting) {
    this.grid = grid;
    this.counting = counting;
    this.changes = new double[counting ? grid.count() + 1 : 0];
    this.changedCounts = new long[counting ? grid.count() + 1 : 0];
  }

  /** For sums of whole numbers. */
  static WindowSamples counting(NanoGrid grid) {
    return new WindowSamples(grid, true);
  }

  static WindowSamples keeping(NanoGrid grid) {
    return new WindowSamples(grid, false);
  }

  void add(long time, double value, long rangeNanos, QueryBudget budget) {
    range = rangeNanos;
    if (!counting) {
      keep(time, value, budget);
      return;
    }
    // In the window of every step with step - range < time <= step.
    long first = Math.max(0, Math.ceilDiv(time - grid.start(), grid.step()));
    long behind = Math.ceilDiv(time + range - grid.start(), grid.step());
    if (first < grid.count() && behind > first) {
      int last = (int) Math.min(behind, grid.count());
      changes[(int) first] += value;
      changes[last] -= value;
      changedCounts[(int) first]++;
      changedCounts[last]--;
    }
  }

  private void keep(long time, double value, QueryBudget budget) {
    if (size == times.length) {
      int grown = Math.max(16, size < GROWTH ? size * 2 : size + size / 2);
      budget.addBytes(16L * (grown - size));
      times = Arrays.copyOf(times, grown);
      values = Arrays.copyOf(values, grown);
    }
    times[size] = time;
    values[size] = value;
    size++;
  }

  StepSeries apply(Labels labels, WindowFunction function) {
    StepSeries result = StepSeries.empty(labels, grid.count());
    if (counting) {
      double sum = 0;
      long count = 0;
      for (int step = 0; step < grid.count(); step++) {
        sum += changes[step];
        count += changedCounts[step];
        if (count > 0) {
          result.set(step, function.ofSum(sum));
        }
      }
      return result;
    }
    sort();
    int from = 0;
    int to = 0;
    for (int step = 0; step < grid.count(); step++) {
      long end = grid.time(step);
      while (to < size && times[to] <= end) {
        to++;
      }
      while (from < to && times[from] <= end - range) {
        from++;
      }
      if (to > from) {
        double value = function.apply(times, values, from, to, end);
        if (function.hasValue()) {
          result.set(step, value);
        }
      }
    }
    return result;
  }

  private void sort() {
    boolean sorted = true;
    for (int i = 1; i < size && sorted; i++) {
      sorted = times[i - 1] <= times[i];
    }
    if (sorted) {
      return;
    }
    int[] order = StableOrder.of(times, size);
    long[] sortedTimes = new long[size];
    double[] sortedValues = new double[size];
    for (int i = 0; i < size; i++) {
      sortedTimes[i] = times[order[i]];
      sortedValues[i] = values[order[i]];
    }
    times = sortedTimes;
    values = sortedValues;
  }
}
