package io.trilith.engine;

import java.util.Arrays;

/** The quantile of a set of values, linearly interpolated, as PromQL and LogQL define it. */
public final class Quantiles {
  private Quantiles() {}

  /**
   * Sorts the first {@code size} values (NaN first) and returns their q-quantile: NaN when there is
   * none or q is NaN, infinite when q is outside of 0…1.
   */
  public static double of(double q, double[] values, int size) {
    if (size == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    sortNanFirst(values, size);
    double rank = q * (size - 1);
    int lower = (int) Math.max(0, Math.floor(rank));
    int upper = Math.min(size - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    return values[lower] * (1 - weight) + values[upper] * weight;
  }

  private static void sortNanFirst(double[] values, int size) {
    Arrays.sort(values, 0, size);
    int nans = 0;
    while (nans < size && Double.isNaN(values[size - 1 - nans])) {
      nans++;
    }
    if (nans > 0 && nans < size) {
      System.arraycopy(values, 0, values, nans, size - nans);
      Arrays.fill(values, 0, nans, Double.NaN);
    }
  }
}
