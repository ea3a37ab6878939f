package io.trilith.traceql.ast;

import java.util.Map;

/** A whole TraceQL text. */
public sealed interface TraceQuery {
  /** By name. Unknown ones are ignored. */
  Map<String, Static> hints();

  record Search(Pipeline pipeline, Map<String, Static> hints) implements TraceQuery {
    public Search {
      hints = Map.copyOf(hints);
    }
  }

  record Series(Metrics metrics, Map<String, Static> hints) implements TraceQuery {
    public Series {
      hints = Map.copyOf(hints);
    }
  }
}
