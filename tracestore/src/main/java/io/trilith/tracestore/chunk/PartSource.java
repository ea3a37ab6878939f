package io.trilith.tracestore.chunk;

import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.util.List;

/** A head or a block: parts of traces, to be walked in order of id. Thread-safe. */
public interface PartSource {
  /** A cursor before the first part. */
  default Cursor parts() {
    return parts(ReadCost.NONE);
  }

  /**
   * As above. What the cursor holds is taken from the cost, and given back when it goes on; at the
   * end of a query that ends early something is left.
   */
  Cursor parts(ReadCost cost);

  /** The spans of a trace, in order of writing; none when it is not here. */
  default List<Span> find(TraceId id) {
    return find(id, Integer.MAX_VALUE, ReadCost.NONE);
  }

  /** As above, the first ones; what they need stays taken. */
  List<Span> find(TraceId id, int max, ReadCost cost);

  /**
   * Parts in ascending order of trace id; one trace may have several in a row. Confined to one
   * thread.
   */
  interface Cursor {
    boolean next();

    TraceId traceId();

    /** Earliest start of the part's spans. */
    long minNanos();

    /** Latest end of the part's spans. */
    long maxNanos();

    /** Bytes that {@link #addSpans} is going to allocate, roughly. */
    long spanBytes(int max);

    /** Adds the spans of the current part, in order of writing. */
    void addSpans(List<Span> into, int max);
  }
}
