package io.trilith.engine;

import io.trilith.storage.error.LimitExceededException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that all running queries share, so that many of them together cannot exhaust the process.
 * Thread-safe.
 */
public final class QueryMemory {
  private final long max;
  private final AtomicLong used = new AtomicLong();

  public QueryMemory(long max) {
    this.max = max;
  }

  /** Takes bytes, or throws a retryable LimitExceededException and takes none. */
  void take(long bytes) {
    if (used.addAndGet(bytes) > max) {
      used.addAndGet(-bytes);
      throw LimitExceededException.busy(
          "the queries running now hold all of query.memory-max = " + max + " bytes; try again");
    }
  }

  void giveBack(long bytes) {
    used.addAndGet(-bytes);
  }

  /** Bytes taken now. */
  public long used() {
    return used.get();
  }
}
