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
  default @Nullable Trace trace(TraceId id, int spansMax) {
    return trace(id, spansMax, ReadCost.NONE);
  }

  /** As above; what the trace needs is taken from the cost and stays taken. */
  @Nullable Trace trace(TraceId id, int spansMax, ReadCost cost);

  /**
   * Visits the traces of which a span overlaps the range, in order of id.
   *
   * @param spansMax the most spans to collect of one trace
   */
  default void scan(long minNanos, long maxNanos, int spansMax, Visitor visitor) {
    scan(minNanos, maxNanos, spansMax, ReadCost.NONE, visitor);
  }

  /**
   * As above; what a trace needs is taken from the cost and given back after its visit. Room for
   * the indexes that a visitor makes of it, some ten words per span, is in it.
   */
  void scan(long minNanos, long maxNanos, int spansMax, ReadCost cost, Visitor visitor);

  /** Takes traces one by one. */
  @FunctionalInterface
  interface Visitor {
    /** Says whether to go on. */
    boolean visit(Trace trace);
  }
}
