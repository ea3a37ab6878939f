package io.trilith.tracestore.columns;

import io.trilith.tracestore.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * What one request brings for one tenant, in columns. Built by a receiver, then handed to {@code
 * TraceAppender}, after which it is not to be changed. Not thread-safe.
 */
public final class SpanBatch {
  private final SpanColumns columns;

  public SpanBatch() {
    this(new SpanColumns());
  }

  public SpanBatch(SpanColumns columns) {
    this.columns = columns;
  }

  public void add(Span span) {
    columns.add(span);
  }

  public SpanColumns columns() {
    return columns;
  }

  /** The spans, made anew: for tests and whoever has time. */
  public List<Span> spans() {
    SpanView view = columns.view();
    List<Span> spans = new ArrayList<>(view.size());
    for (int i = 0; i < view.size(); i++) {
      spans.add(view.span(i));
    }
    return spans;
  }

  public int size() {
    return columns.size();
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /** The spans that start between the two, both included: this batch when all do. */
  public SpanBatch between(long minNanos, long maxNanos) {
    int inside = 0;
    for (int i = 0; i < size(); i++) {
      long start = columns.startNanos(i);
      inside += start >= minNanos && start <= maxNanos ? 1 : 0;
    }
    if (inside == size()) {
      return this;
    }
    SpanColumns kept = new SpanColumns();
    SpanCopy copy = new SpanCopy(kept, columns);
    for (int i = 0; i < size(); i++) {
      long start = columns.startNanos(i);
      if (start >= minNanos && start <= maxNanos) {
        copy.span(i);
      }
    }
    return new SpanBatch(kept);
  }
}
