package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts the memory of all heads, so that writes wait, and are refused, before the process runs
 * out. Thread-safe.
 */
public final class HeadBudget {
  /** How long a write waits for a flush: a sender that is only fast is slowed down, not refused. */
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final HeadConfig config;
  private final AtomicLong used = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private volatile @Nullable String refusal;
  private volatile LongSupplier beside = () -> 0;

  public HeadBudget(HeadConfig config) {
    this.config = config;
  }

  /**
   * Waits a little while heads are at their limit; throws a retryable LimitExceededException when
   * they still are.
   */
  public void admit() {
    String why = refusal;
    if (why != null) {
      throw new StorageException.TakenOver(why);
    }
    if (isFull() && !waitForRoom()) {
      throw LimitExceededException.busy(
          "heads have reached head.total-max = " + config.totalMax() + "; they are being flushed");
    }
  }

  /** Refuses all writes from now on: they could not be flushed. */
  public void refuse(String why) {
    refusal = why;
  }

  /** Why all writes are refused; null when they are not. */
  public @Nullable String refusal() {
    return refusal;
  }

  /** Bytes that heads may have together. */
  public long max() {
    return config.totalMax().bytes();
  }

  /** Counts, beside the heads, what a store keeps from head to head. */
  public void countBeside(LongSupplier bytes) {
    beside = bytes;
  }

  private boolean isFull() {
    return used.get() + beside.getAsLong() > config.totalMax().bytes();
  }

  /**
   * Whether heads that cannot be flushed may still grow while the log is read. What one process had
   * in its heads another one has room for, though not byte for byte.
   */
  public boolean hasRoomToReplay() {
    return used.get() <= config.totalMax().bytes() * 3 / 2;
  }

  /** Whether there is room before the wait is over. */
  private boolean waitForRoom() {
    lock.lock();
    try {
      long left = WAIT_NANOS;
      while (isFull() && left > 0) {
        left = room.awaitNanos(left);
      }
      return !isFull();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Adds bytes, or with a negative number gives them back. */
  public void add(long bytes) {
    used.addAndGet(bytes);
    if (bytes < 0 && !isFull()) {
      lock.lock();
      try {
        room.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Bytes of all heads and running flushes. */
  public long used() {
    return used.get();
  }

  /** As above, with what is kept from head to head. */
  public long held() {
    return used.get() + beside.getAsLong();
  }
}
