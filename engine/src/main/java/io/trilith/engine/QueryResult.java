package io.trilith.engine;

import java.util.List;

/** What a query over floats answers. */
public sealed interface QueryResult {
  /** One number at one time, milliseconds since 1970. */
  record Scalar(long time, double value) implements QueryResult {}

  /** One string at one time. */
  record Text(long time, String value) implements QueryResult {}

  /** Series with one step each, in the order of the answer. */
  record InstantVector(long time, List<StepSeries> series) implements QueryResult {}

  /** Series over a grid, sorted by labels; none is empty. */
  record RangeMatrix(StepGrid grid, List<StepSeries> series) implements QueryResult {}
}
