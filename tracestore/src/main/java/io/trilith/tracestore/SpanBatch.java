package io.trilith.tracestore;

import java.util.ArrayList;
import java.util.List;

/**
 * What one request brings for one tenant. Built by a receiver, which gives the spans of one
 * resource and scope the same objects, then handed to {@link TraceAppender#append}, which owns it
 * from there. Not thread-safe.
 */
public final class SpanBatch {
  private final List<Span> spans = new ArrayList<>();

  public void add(Span span) {
    spans.add(span);
  }

  public List<Span> spans() {
    return spans;
  }

  public boolean isEmpty() {
    return spans.isEmpty();
  }
}
