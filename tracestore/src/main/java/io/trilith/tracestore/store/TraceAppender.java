package io.trilith.tracestore.store;

import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.columns.SpanBatch;

/** The write side of the trace store. Thread-safe. */
public interface TraceAppender {
  /**
   * Stores a batch. On return it is durable and visible to queries. Spans out of the allowed age
   * are refused one by one, the rest is kept.
   *
   * @throws io.trilith.storage.error.LimitExceededException when the store is full for now: nothing
   *     was kept
   * @throws io.trilith.storage.error.StorageException when the log cannot be written: the outcome
   *     is unknown
   */
  AppendResult append(TenantId tenant, SpanBatch batch);

  /**
   * What became of a batch.
   *
   * @param reason why the first refused span was refused, empty when none was
   */
  record AppendResult(long accepted, long rejected, String reason) {}
}
