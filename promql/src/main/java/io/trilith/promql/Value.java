package io.trilith.promql;

import java.util.List;

/** What an expression evaluates to over a grid. */
sealed interface Value {
  /** One number per step. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Scalar(double[] values) implements Value {}

  /** A string. */
  record Text(String value) implements Value {}

  /** Series, in the order of the answer. */
  record Vector(List<Series> series) implements Value {}
}
