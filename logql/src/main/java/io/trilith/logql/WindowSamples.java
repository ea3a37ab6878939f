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

  /** What one of these takes at first, its key included. */
  static long bytes(NanoGrid grid, boolean counting, Labels key) {
    return (counting ? 16L * grid.count() : 0) + 200L + key.bytes();
  }

  /** Adds all that another one of the same kind and grid has, which is not used any more. */
  void absorb(WindowSamples part, QueryBudget budget) {
    range = part.range;
    for (int step = 0; step < changes.length; step++) {
      changes[step] += part.changes[step];
      changedCounts[step] += part.changedCounts[step];
    }
    if (part.size > 0) {
      reserve(size + part.size, budget);
      System.arraycopy(part.times, 0, times, size, part.size);
      System.arraycopy(part.values, 0, values, size, part.size);
      size += part.size;
    }
    budget.giveBack((counting ? 16L * grid.count() : 16L * part.times.length) + 200);
  }

  void add(long time, double value, long rangeNanos, QueryBudget budget) {
    if (counting) {
      addMany(time, value, 1, rangeNanos);
    } else {
      range = rangeNanos;
      keep(time, value, budget);
    }
  }

  /** Adds entries that enter and leave windows together with one at that time. */
  void addMany(long time, double value, long entries, long rangeNanos) {
    range = rangeNanos;
    // In the window of every step with step - range < time <= step.
    long first = Math.max(0, Math.ceilDiv(time - grid.start(), grid.step()));
    long behind = Math.ceilDiv(time + range - grid.start(), grid.step());
    if (first < grid.count() && behind > first) {
      int last = (int) Math.min(behind, grid.count());
      changes[(int) first] += value;
      changes[last] -= value;
      changedCounts[(int) first] += entries;
      changedCounts[last] -= entries;
    }
  }

  private void keep(long time, double value, QueryBudget budget) {
    reserve(size + 1, budget);
    times[size] = time;
    values[size] = value;
    size++;
  }

  private void reserve(int wanted, QueryBudget budget) {
    if (wanted > times.length) {
      int grown = Math.max(16, size < GROWTH ? size * 2 : size + size / 2);
      grown = Math.max(grown, wanted);
      budget.addBytes(16L * (grown - times.length));
      times = Arrays.copyOf(times, grown);
      values = Arrays.copyOf(values, grown);
    }
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
        result.set(step, function.apply(times, values, from, to, end));
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
