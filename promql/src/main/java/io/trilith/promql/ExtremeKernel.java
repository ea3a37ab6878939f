package io.trilith.promql;

import io.trilith.engine.FloatAggregate;

/**
 * The least or greatest value of each window, or when it was: of several the first value, the last
 * time. What a later value makes hopeless is forgotten, so that each sample is looked at twice at
 * most. Confined to one thread.
 */
final class ExtremeKernel implements RangeKernel {
  private final boolean largest;
  private final boolean time;

  /** Numbers of the samples that may yet be extreme, in their order. */
  private int[] candidates = new int[64];

  ExtremeKernel(boolean largest, boolean time) {
    this.largest = largest;
    this.time = time;
  }

  @Override
  public void apply(Window window, Series result) {
    if (!OverTimeKernels.hasFloats(window)) {
      return;
    }
    if (!time) {
      FloatAggregate.Kind kind = largest ? FloatAggregate.Kind.MAX : FloatAggregate.Kind.MIN;
      OverTimeKernels.floats(window, result, kind);
      return;
    }
    int found = 0;
    for (int i = 1; i < window.floats(); i++) {
      double value = window.value(i);
      double best = window.value(found);
      if ((largest ? value >= best : value <= best) || Double.isNaN(best)) {
        found = i;
      }
    }
    result.set(window.step, window.time(found) / 1000.0);
  }

  @Override
  public boolean slide(Window window, StepTimes ends, long range, Series result) {
    SampleColumns columns = window.columns;
    if (columns.histograms.length > 0) {
      return false;
    }
    if (candidates.length < columns.floatCount) {
      candidates = new int[Math.max(columns.floatCount, 2 * candidates.length)];
    }
    long[] times = columns.floatTimes;
    double[] values = columns.floats;
    int head = 0;
    int tail = 0;
    int from = 0;
    int to = 0;
    for (int step = 0; step < result.steps(); step++) {
      long end = ends.at(step);
      while (to < columns.floatCount && times[to] <= end) {
        if (!Double.isNaN(values[to])) {
          while (tail > head && beats(values[to], values[candidates[tail - 1]])) {
            tail--;
          }
          candidates[tail++] = to;
        }
        to++;
      }
      while (from < to && times[from] <= end - range) {
        from++;
      }
      while (head < tail && candidates[head] < from) {
        head++;
      }
      if (from == to) {
        continue;
      }
      // Where nothing is a number the last sample is as good as any.
      int best = head < tail ? candidates[head] : to - 1;
      result.set(step, time ? times[best] / 1000.0 : values[best]);
    }
    return true;
  }

  private boolean beats(double value, double earlier) {
    if (time && value == earlier) {
      return true;
    }
    return largest ? value > earlier : value < earlier;
  }
}
