package io.trilith.ingest.pipeline;

import io.trilith.tracestore.columns.SpanBatch;
import org.jspecify.annotations.Nullable;

/**
 * What is done with the telemetry of one tenant before it is stored; nothing where a part is null.
 * Thread-safe.
 */
public final class Stages {
  /** Nothing is done. */
  public static final Stages NONE = new Stages(null, null, null);

  private final @Nullable MetricStages metrics;
  private final LogStages.@Nullable Rules logs;
  private final @Nullable Redaction spans;

  Stages(
      @Nullable MetricStages metrics, LogStages.@Nullable Rules logs, @Nullable Redaction spans) {
    this.metrics = metrics;
    this.logs = logs;
    this.spans = spans;
  }

  /** For the series of all requests. */
  public @Nullable MetricStages metrics() {
    return metrics;
  }

  /** For the entries of one request. */
  public @Nullable LogStages logs() {
    return logs == null ? null : new LogStages(logs);
  }

  /** The spans as they are to be stored. */
  public SpanBatch spans(SpanBatch batch) {
    return spans == null ? batch : new SpanRedaction(spans).apply(batch);
  }
}
