package io.trilith.promql;

/**
 * When a shifted selector looks: {@code first + step * stride}.
 *
 * @param stride 0 when it looks at the same time at every step
 */
record StepTimes(long first, long stride) {
  long at(int step) {
    return first + step * stride;
  }
}
