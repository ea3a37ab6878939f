package io.trilith.tsdb.store;

import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;

/** Stores a batch and a note of the caller's in one record of the log. Thread-safe. */
public interface NotedAppender {
  /**
   * As {@link MetricAppender#append}; the note is durable with the batch or, as the batch, not
   * there. The batch may be empty. Who writes notes reads them from the log at the start, see
   * {@link NotedRecord}, and keeps the log from the oldest one on that is still needed.
   */
  MetricAppender.AppendResult appendNoted(TenantId tenant, MetricBatch batch, byte[] note);
}
