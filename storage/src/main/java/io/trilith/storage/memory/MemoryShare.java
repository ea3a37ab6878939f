package io.trilith.storage.memory;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A named part of the heap. What grows with input takes bytes from it before they are allocated,
 * through a {@link Booking}, and gives them back when they are garbage. Thread-safe.
 */
public final class MemoryShare {
  /** Bookings up to this size may use the last eighth: large ones cannot shut small ones out. */
  private static final long SMALL = 1 << 20;

  private final String key;
  private final String holders;
  private final long max;
  private final long largeMax;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong peak = new AtomicLong();
  private final LongAdder refused = new LongAdder();

  /** Why nothing is given at present; empty as a rule. */
  private volatile String paused = "";

  /**
   * A share of which nothing is taken.
   *
   * @param key the setting that governs it, for messages, such as {@code memory.requests}
   * @param holders who takes from it, for messages, such as {@code the requests being read}
   * @param max its bytes
   */
  public MemoryShare(String key, String holders, long max) {
    this.key = key;
    this.holders = holders;
    this.max = max;
    this.largeMax = max - max / 8;
  }

  /** A share without a limit, for tests and for work that has limits of its own. */
  public static MemoryShare unlimited() {
    return new MemoryShare("memory", "this work", Long.MAX_VALUE);
  }

  /** A booking of nothing yet. */
  public Booking open() {
    return new Booking(this);
  }

  public String key() {
    return key;
  }

  public long max() {
    return max;
  }

  /** Gives nothing more until {@link #resume}, for a reason that those who ask are told. */
  public void pause(String why) {
    paused = why;
  }

  /** Gives again. */
  public void resume() {
    paused = "";
  }

  /** Bytes taken now. */
  public long used() {
    return used.get();
  }

  /** The most bytes that were ever taken at once. */
  public long peak() {
    return peak.get();
  }

  /** How often bytes were asked for in vain. */
  public long refused() {
    return refused.sum();
  }

  /** The most one booking can ever hold. */
  public long largest() {
    return largeMax;
  }

  /** Takes bytes for a booking that already holds some, or throws and takes none. */
  void take(long held, long bytes) {
    String why = paused;
    if (!why.isEmpty()) {
      refused.increment();
      throw LimitExceededException.busy(why);
    }
    boolean small = held + bytes <= SMALL;
    if (held + bytes > (small ? max : largeMax)) {
      refused.increment();
      throw new TooLargeException(
          "it needs more than "
              + (small ? max : largeMax)
              + " bytes of memory, the most that one can have of "
              + key
              + " = "
              + max
              + " bytes; send less at once, or raise "
              + key
              + " or memory.max");
    }
    long now = used.addAndGet(bytes);
    if (now > (small ? max : largeMax)) {
      used.addAndGet(-bytes);
      refused.increment();
      throw LimitExceededException.busy(
          holders + " hold all of " + key + " = " + max + " bytes; try again");
    }
    if (now > peak.get()) {
      peak.accumulateAndGet(now, Math::max);
    }
  }

  /** Takes bytes whether they are there or not. */
  void takeAnyway(long bytes) {
    long now = used.addAndGet(bytes);
    peak.accumulateAndGet(now, Math::max);
  }

  void give(long bytes) {
    used.addAndGet(-bytes);
  }
}
