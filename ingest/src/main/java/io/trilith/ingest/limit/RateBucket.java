package io.trilith.ingest.limit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may come in a second and at once, by the generic cell rate algorithm (ITU-T I.371): one
 * number, the time at which the bucket is full again. Thread-safe, without a lock.
 */
final class RateBucket {
  private static final double SECOND = 1e9;

  private final double nanosEach;
  private final double burstNanos;
  private final AtomicLong fullAt;

  /**
   * A full bucket.
   *
   * @param rate a second, above 0
   * @param burst at once
   * @param now of a clock of nanoseconds
   */
  RateBucket(double rate, double burst, long now) {
    this.nanosEach = SECOND / rate;
    this.burstNanos = burst * nanosEach;
    this.fullAt = new AtomicLong(now);
  }

  /**
   * Takes an amount that is not above the burst.
   *
   * @return 0 when it was there, else nanoseconds until it will be; nothing was taken then
   */
  long take(double amount, long now) {
    long cost = (long) (amount * nanosEach);
    while (true) {
      long full = fullAt.get();
      long next = Math.max(full - now, 0) + cost;
      if (next > burstNanos) {
        return Math.max(1, (long) (next - burstNanos));
      }
      if (fullAt.compareAndSet(full, now + next)) {
        return 0;
      }
    }
  }

  /** Whether nothing of it is taken. */
  boolean isFull(long now) {
    return fullAt.get() - now <= 0;
  }
}
