package io.trilith.ingest.metrics;

import io.trilith.tsdb.MetricBatch;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Batches used again and again: growing fresh columns and keys for each request would cost more
 * than filling them. Thread-safe.
 */
final class BatchBuffers {
  private static final int KEPT = 4;

  /** Larger ones are rare and not kept. */
  private static final long KEPT_BYTES_MAX = 4L << 20;

  private final ArrayBlockingQueue<MetricBatch> kept = new ArrayBlockingQueue<>(KEPT);

  /** A batch with whatever content. */
  MetricBatch take() {
    MetricBatch batch = kept.poll();
    return batch == null ? new MetricBatch() : batch;
  }

  /** Takes a batch back, which nobody may use any more. */
  void give(MetricBatch batch) {
    if (batch.capacityBytes() <= KEPT_BYTES_MAX) {
      batch.reset(new byte[0], null);
      // When there are enough of them already, this one goes.
      boolean _ = kept.offer(batch);
    }
  }
}
