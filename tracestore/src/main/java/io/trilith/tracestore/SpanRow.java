package io.trilith.tracestore;

import org.jspecify.annotations.Nullable;

/** A span of which only some fields are read. Valid until the visitor returns. */
public interface SpanRow {
  TraceId traceId();

  long startNanos();

  long durationNanos();

  /** The value of the i-th field that was asked for, null when the span does not have it. */
  @Nullable AttributeValue value(int i);
}
