package io.trilith.logstore.store;

import io.trilith.logstore.LogBatch;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;

/** The write side of the log store. Thread-safe. */
public interface LogAppender {
  /**
   * Stores a batch. On return it is durable and visible to queries. Entries out of the allowed age
   * are refused one by one, the rest is kept.
   *
   * @throws io.trilith.storage.error.LimitExceededException when the store is full for now: nothing
   *     was kept
   * @throws io.trilith.storage.error.StorageException when the log cannot be written: the outcome
   *     is unknown
   */
  AppendResult append(TenantId tenant, LogBatch batch);

  /** Streams of a tenant in memory: those with entries since its last flush. */
  int activeStreams(TenantId tenant);

  /** Whether a stream is one of {@link #activeStreams}. */
  boolean isActive(TenantId tenant, Labels stream);

  /**
   * Has the tenant's head flushed soon, unless its first entry came only some seconds ago: the
   * streams that do not go on are not in memory then. For a tenant that has reached its limit.
   */
  void makeRoomForStreams(TenantId tenant);

  /**
   * What became of a batch.
   *
   * @param reason why the first refused entry was refused, empty when none was
   */
  record AppendResult(long accepted, long rejected, String reason) {}
}
