package io.trilith.storage.memory;

import org.jspecify.annotations.Nullable;

/**
 * What one request, query or job holds of a {@link MemoryShare}. Closing it gives all of it back;
 * afterwards nothing more can be taken. Thread-safe.
 */
public final class Booking implements AutoCloseable {
  /** Growth is booked in steps of this size, so that it is not asked for at each item. */
  private static final long STEP = 128 << 10;

  private final MemoryShare share;
  private final @Nullable Booking whole;
  private long held;
  private boolean closed;

  Booking(MemoryShare share) {
    this(share, null);
  }

  private Booking(MemoryShare share, @Nullable Booking whole) {
    this.share = share;
    this.whole = whole;
  }

  /**
   * A booking of nothing yet whose bytes are taken from this one and count in a narrower share
   * besides: so the bytes of a body have a limit of their own within the request's memory. Closing
   * it leaves this one open.
   */
  public Booking within(MemoryShare narrower) {
    return new Booking(narrower, this);
  }

  /** A booking that has no limit. */
  public static Booking unlimited() {
    return MemoryShare.unlimited().open();
  }

  /**
   * Takes more, before it is allocated.
   *
   * @throws io.trilith.storage.error.LimitExceededException when others hold too much right now
   * @throws io.trilith.storage.error.TooLargeException when this booking could never hold so much
   */
  public synchronized void take(long bytes) {
    if (closed) {
      throw new IllegalStateException("the booking is closed");
    }
    if (whole == null) {
      share.take(held, bytes);
    } else {
      takeBoth(whole, bytes);
    }
    held += bytes;
  }

  private void takeBoth(Booking from, long bytes) {
    from.take(bytes);
    boolean taken = false;
    try {
      share.take(held, bytes);
      taken = true;
    } finally {
      if (!taken) {
        from.give(bytes);
      }
    }
  }

  /**
   * Takes more even when there is none: for work that must be done and that frees memory when it is
   * done, such as a flush. Others get nothing until it has been given back.
   */
  public synchronized void takeAnyway(long bytes) {
    if (closed) {
      throw new IllegalStateException("the booking is closed");
    }
    share.takeAnyway(bytes);
    if (whole != null) {
      whole.takeAnyway(bytes);
    }
    held += bytes;
  }

  /** Gives bytes back that were taken and are garbage now. */
  public synchronized void give(long bytes) {
    long given = Math.min(bytes, held);
    held -= given;
    giveBack(given);
  }

  /** Bytes taken and not given back. */
  public synchronized long held() {
    return held;
  }

  /**
   * A part of this booking for something that grows, which is told its size after each step of its
   * growth. Closing it gives back what it took.
   */
  public Growth growth() {
    return new Growth();
  }

  @Override
  public synchronized void close() {
    closed = true;
    giveBack(held);
    held = 0;
  }

  private void giveBack(long bytes) {
    share.give(bytes);
    if (whole != null) {
      whole.give(bytes);
    }
  }

  /** Follows the size of one growing thing. Confined to one thread. */
  public final class Growth implements AutoCloseable {
    private long covered;

    private Growth() {}

    /** Makes sure that this many bytes are taken in all; cheap when they are. */
    public void cover(long bytes) {
      if (bytes > covered) {
        long more = Math.max(bytes - covered, STEP);
        take(more);
        covered += more;
      }
    }

    /** It is this small again. */
    public void shrink(long bytes) {
      if (bytes < covered) {
        give(covered - bytes);
        covered = bytes;
      }
    }

    @Override
    public void close() {
      shrink(0);
    }
  }
}
