package io.trilith.storage.log;

import io.trilith.storage.model.Partition;
import io.trilith.storage.model.TenantId;

/**
 * Told of each batch that has come into a head: durable, and visible to queries. What is made of
 * data (followers of a stream, metrics of spans, running totals) is made of this, and not of what
 * receivers are about to send: so it is the same wherever the log is read. Records that are read
 * back at the start are told of only to who listens by then.
 *
 * @param <B> the store's batch
 */
@FunctionalInterface
public interface Applied<B> {
  /**
   * A record has come. Of a partition that is read, in the order of its offsets, by the thread that
   * reads it; of the log that this process appends to, by the threads that append, in any order.
   * Must not wait.
   *
   * @param batch what of it was taken; valid during the call only
   */
  void applied(Partition partition, long offset, TenantId tenant, B batch);
}
