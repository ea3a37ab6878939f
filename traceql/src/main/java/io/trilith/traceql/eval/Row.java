package io.trilith.traceql.eval;

import io.trilith.tracestore.Span;
import org.jspecify.annotations.Nullable;

/** The span that is looked at, in its trace. Reused from span to span. Not thread-safe. */
final class Row {
  final TraceView trace;
  int index;
  Span span;

  /** The event and link that conditions speak of. */
  Span.@Nullable Event event;

  Span.@Nullable Link link;

  /** Whether conditions speak of all events and links as of arrays. */
  boolean anyEvent;

  Row(TraceView trace) {
    this.trace = trace;
    this.span = trace.span(0);
  }

  /** Moves to a span; its first event and link stand for all. */
  void moveTo(int i) {
    index = i;
    span = trace.span(i);
    event = span.events().isEmpty() ? null : span.events().getFirst();
    link = span.links().isEmpty() ? null : span.links().getFirst();
    anyEvent = false;
  }
}
