package io.trilith.ingest;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Arrays that messages are decoded into, used again and again: a fresh one for each would be most
 * of what ingest allocates, and cold. Thread-safe.
 */
public final class MessageBuffers {
  private static final int KEPT = 8;

  /** Longer ones are rare and not kept. */
  private static final int KEPT_LENGTH_MAX = 1 << 20;

  private static final int LENGTH_MIN = 1 << 16;

  private final ArrayBlockingQueue<byte[]> kept = new ArrayBlockingQueue<>(KEPT);

  /** An array of at least this length, with whatever content. */
  public byte[] take(int length) {
    byte[] buffer = kept.poll();
    if (buffer != null && buffer.length >= length) {
      return buffer;
    }
    int rounded = Math.max(LENGTH_MIN, Integer.highestOneBit(Math.max(1, length - 1)) << 1);
    return new byte[length > KEPT_LENGTH_MAX ? length : rounded];
  }

  /** Takes an array back, which nobody may use any more. */
  public void give(byte[] buffer) {
    if (buffer.length <= KEPT_LENGTH_MAX) {
      // When there are enough of them already, this one goes.
      boolean _ = kept.offer(buffer);
    }
  }
}
