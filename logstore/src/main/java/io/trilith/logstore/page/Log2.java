package io.trilith.logstore.page;

/** Logarithms for estimates of sizes. */
final class Log2 {
  private static final double SCALE = 1 / Math.log(2);

  private Log2() {}

  static double of(double value) {
    return Math.log(value) * SCALE;
  }
}
