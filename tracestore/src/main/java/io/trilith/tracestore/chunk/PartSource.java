package io.trilith.tracestore.chunk;

import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.util.List;

/** A head or a block: parts of traces, to be walked in order of id. Thread-safe. */
public interface PartSource {
  /** A cursor before the first part. */
  Cursor parts();

  /** The spans of a trace, in order of writing; none when it is not here. */
  List<Span> find(TraceId id);

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

    /** Adds the spans of the current part, in order of writing. */
    void addSpans(List<Span> into, int max);
  }
}
