package io.trilith.engine;

/**
 * A sum with Neumaier's compensation: adding 1, 1e100, 1, -1e100 gives 2. Confined to one thread.
 */
public final class KahanSum {
  private double sum;
  private double compensation;

  public void reset() {
    sum = 0;
    compensation = 0;
  }

  public void add(double value) {
    double next = sum + value;
    compensation += error(sum, value, next);
    sum = next;
  }

  /** What {@code next = sum + value} lost to rounding; 0 when it is infinite. */
  public static double error(double sum, double value, double next) {
    if (Double.isInfinite(next)) {
      return 0;
    }
    return Math.abs(sum) >= Math.abs(value) ? (sum - next) + value : (value - next) + sum;
  }

  public double value() {
    return Double.isInfinite(sum) ? sum : sum + compensation;
  }
}
