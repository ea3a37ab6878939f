package io.trilith.promql;

/** A function of the samples in a window. */
@FunctionalInterface
interface RangeKernel {
  /** Sets the window's step of the result, or leaves it empty. */
  void apply(Window window, Series result);
}
