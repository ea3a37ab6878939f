package io.trilith.promql;

/** A function of the samples in a window. */
@FunctionalInterface
interface RangeKernel {
  /** Sets the window's step of the result, or leaves it empty. The window holds samples. */
  void apply(Window window, Series result);

  /**
   * Fills all steps of the result at once, for windows {@code (end - range, end]} over series of
   * floats; whether it did, else {@link #apply} does.
   */
  default boolean slide(Window window, StepTimes ends, long range, Series result) {
    return false;
  }
}
