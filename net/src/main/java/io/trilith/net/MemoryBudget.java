package io.trilith.net;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of request bodies held at once by all requests. Thread-safe. */
final class MemoryBudget {
  private final long bytesMax;
  private final AtomicLong used = new AtomicLong();

  MemoryBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A holder of nothing yet. */
  Share share() {
    return new Share();
  }

  long used() {
    return used.get();
  }

  /** What one request holds; closing it gives all of it back. Confined to one thread at a time. */
  final class Share implements AutoCloseable {
    private long held;

    /** Takes more, or throws a 429 and takes nothing. */
    void take(long bytes) {
      if (used.addAndGet(bytes) > bytesMax) {
        used.addAndGet(-bytes);
        throw HttpStatusException.busy(
            "too many request bodies in flight: the limit server.bodies-in-flight-max of "
                + bytesMax
                + " bytes is reached");
      }
      held += bytes;
    }

    void give(long bytes) {
      held -= bytes;
      used.addAndGet(-bytes);
    }

    @Override
    public void close() {
      give(held);
    }
  }
}
