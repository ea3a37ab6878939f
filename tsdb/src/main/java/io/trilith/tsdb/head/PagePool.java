package io.trilith.tsdb.head;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Pages of heads that were flushed, for the heads that follow: a flush then makes no garbage that
 * only a collection of the whole heap would find. Thread-safe.
 */
public final class PagePool {
  private final long bytesMax;

  // Guarded by this.
  private final Deque<byte[]> blocks = new ArrayDeque<>();
  private final Deque<long[]> states = new ArrayDeque<>();
  private long bytes;

  /** A pool that keeps this many bytes at most. */
  public PagePool(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A page of blocks, with whatever content. */
  byte[] blocks(int length) {
    byte[] page = pollBlocks();
    return page != null ? page : new byte[length];
  }

  private synchronized byte @Nullable [] pollBlocks() {
    byte[] page = blocks.poll();
    bytes -= page == null ? 0 : page.length;
    return page;
  }

  /** A page of states, all zero. */
  long[] states(int length) {
    long[] page = pollStates();
    return page != null ? page : new long[length];
  }

  private synchronized long @Nullable [] pollStates() {
    long[] page = states.poll();
    bytes -= page == null ? 0 : 8L * page.length;
    return page;
  }

  /** Takes a page back; pages of one kind must all have one length. */
  synchronized void give(byte[] page) {
    if (bytes + page.length <= bytesMax) {
      bytes += page.length;
      blocks.push(page);
    }
  }

  synchronized void give(long[] page) {
    if (bytes + 8L * page.length <= bytesMax) {
      Arrays.fill(page, 0);
      bytes += 8L * page.length;
      states.push(page);
    }
  }
}
