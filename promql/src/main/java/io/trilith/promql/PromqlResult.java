package io.trilith.promql;

import io.trilith.engine.StepGrid;
import java.util.List;

/** What a PromQL query answers. */
public sealed interface PromqlResult {
  /** Warnings and infos that came up, each once. */
  record Answer(PromqlResult result, List<String> warnings, List<String> infos, long samples) {}

  /** One number at one time, milliseconds since 1970. */
  record Scalar(long time, double value) implements PromqlResult {}

  /** A string. */
  record Text(long time, String value) implements PromqlResult {}

  /** Series of one step each, in the order of the answer. */
  record InstantVector(long time, List<Series> series) implements PromqlResult {}

  /** Series over a grid, sorted by labels. */
  record RangeMatrix(StepGrid grid, List<Series> series) implements PromqlResult {}

  /** The samples of a range selector. */
  record Samples(List<RangeSamples> series) implements PromqlResult {}
}
