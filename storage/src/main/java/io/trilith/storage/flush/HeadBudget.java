package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.storage.error.LimitExceededException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the memory of all heads, so that writes are refused before the process runs out.
 * Thread-safe.
 */
public final class HeadBudget {
  private final HeadConfig config;
  private final AtomicLong used = new AtomicLong();

  public HeadBudget(HeadConfig config) {
    this.config = config;
  }

  /** Throws a retryable LimitExceededException when heads have reached their limit. */
  public void admit() {
    if (used.get() > config.totalMax().bytes()) {
      throw LimitExceededException.busy(
          "heads have reached head.total-max = " + config.totalMax() + "; they are being flushed");
    }
  }

  /** Adds bytes, or with a negative number gives them back. */
  public void add(long bytes) {
    used.addAndGet(bytes);
  }

  public long used() {
    return used.get();
  }
}
