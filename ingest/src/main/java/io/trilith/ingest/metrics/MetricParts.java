package io.trilith.ingest.metrics;

import io.trilith.ingest.PartSize;
import io.trilith.storage.memory.Booking;
import io.trilith.tsdb.MetricBatch;
import java.util.function.Consumer;

/**
 * Hands what a request brings to the store in parts, so that a request of any size needs the memory
 * of a part only. Nearly all requests are one part. When a later part is refused, the earlier ones
 * are stored: sending all of it again changes nothing about them. One per request. Not thread-safe.
 */
final class MetricParts implements AutoCloseable {
  private final MetricBatch batch;
  private final Booking.Growth memory;
  private final Consumer<MetricBatch> store;

  /** One part, whatever its size. */
  static MetricParts whole(MetricBatch batch) {
    return new MetricParts(batch, Booking.unlimited(), _ -> {});
  }

  /** Of a batch that a decoder fills; the store may use it until it returns. */
  MetricParts(MetricBatch batch, Booking memory, Consumer<MetricBatch> store) {
    this.batch = batch;
    this.memory = memory.growth();
    this.store = store;
  }

  MetricBatch batch() {
    return batch;
  }

  /**
   * To be called after each item, where the batch may be stored as it is.
   *
   * @return whether it was: numbers of series from before mean nothing any more
   */
  boolean itemAdded() {
    boolean full = isFull();
    if (full) {
      handOver();
    }
    return full;
  }

  /** Whether the batch is to be handed over, now or at the next place where it can be. */
  boolean isFull() {
    long held = batch.heldBytes();
    memory.cover(PartSize.memory(held));
    return held >= PartSize.BYTES;
  }

  /** Stores the batch and empties it. */
  void handOver() {
    store.accept(batch);
    batch.clear();
  }

  /** Stores what is left. */
  void finish() {
    if (!batch.isEmpty()) {
      store.accept(batch);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
