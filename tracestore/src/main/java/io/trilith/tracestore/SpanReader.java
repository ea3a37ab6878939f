package io.trilith.tracestore;

import org.jspecify.annotations.Nullable;

/**
 * The read side of one tenant's traces: heads and blocks as one. Times are nanoseconds since 1970,
 * both ends included, and may be any long. A trace is always whole: its parts outside of the range
 * and in other blocks belong to it. Thread-safe.
 */
public interface SpanReader {
  /**
   * A trace by its id, null when there is none.
   *
   * @param spansMax the most spans to collect; of a longer trace the rest is left out
   */
  @Nullable Trace trace(TraceId id, int spansMax);

  /**
   * Visits the traces of which a span overlaps the range, in order of id.
   *
   * @param spansMax the most spans to collect of one trace
   */
  void scan(long minNanos, long maxNanos, int spansMax, Visitor visitor);

  /** Takes traces one by one. */
  @FunctionalInterface
  interface Visitor {
    /** Says whether to go on. */
    boolean visit(Trace trace);
  }
}
