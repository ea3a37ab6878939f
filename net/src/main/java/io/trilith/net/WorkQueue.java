package io.trilith.net;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** So many requests run, so many wait in order, the rest is refused at once. Thread-safe. */
final class WorkQueue {
  private final String key;
  private final int runningMax;
  private final int waitingMax;
  private final Duration waitMax;
  private final Semaphore running;
  private final AtomicInteger waiting = new AtomicInteger();

  /** The key is the setting that a refusal names. */
  WorkQueue(String key, int runningMax, int waitingMax, Duration waitMax) {
    this.key = key;
    this.runningMax = runningMax;
    this.waitingMax = waitingMax;
    this.waitMax = waitMax;
    this.running = new Semaphore(runningMax, true);
  }

  int waiting() {
    return waiting.get();
  }

  /** Waits for a place; a 429 when there is none to be had. */
  Permit enter() throws InterruptedException {
    if (running.tryAcquire()) {
      return new Permit(running);
    }
    try {
      if (waiting.incrementAndGet() <= waitingMax
          && running.tryAcquire(waitMax.toNanos(), TimeUnit.NANOSECONDS)) {
        return new Permit(running);
      }
    } finally {
      waiting.decrementAndGet();
    }
    throw HttpStatusException.busy(
        "too many requests: " + runningMax + " are being handled (" + key + ") and others wait");
  }

  /** A place among the running. May be given back early, and more than once. Thread-safe. */
  static final class Permit implements AutoCloseable {
    static final Permit NONE = new Permit(null);

    private final @org.jspecify.annotations.Nullable Semaphore from;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Permit(@org.jspecify.annotations.Nullable Semaphore from) {
      this.from = from;
    }

    @Override
    public void close() {
      if (from != null && open.compareAndSet(true, false)) {
        from.release();
      }
    }
  }
}
