package io.trilith.traceql.metrics;

import io.trilith.traceql.eval.TraceView;
import java.util.List;

/** Takes whole traces and makes series of them. */
interface SpanSink {
  void add(TraceView trace);

  List<Series> finish();
}
