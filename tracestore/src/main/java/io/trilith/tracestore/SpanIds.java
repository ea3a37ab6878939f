package io.trilith.tracestore;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers by ids of spans. Senders cannot choose ids that collide. Not thread-safe. */
public final class SpanIds {
  private static final long PRIME = 0x9e3779b97f4a7c15L;
  private static final long SEED = new SplittableRandom().nextLong();

  private long[] ids = new long[0];

  /** Numbers plus 1, 0 for a free place. */
  private int[] numbers = new int[0];

  /** Forgets all and makes room for this many ids. */
  public void clear(int room) {
    int wanted = Integer.highestOneBit(Math.max(4, room)) * 4;
    if (numbers.length < wanted || numbers.length > 8 * wanted) {
      ids = new long[wanted];
      numbers = new int[wanted];
    } else {
      Arrays.fill(numbers, 0);
    }
  }

  /** The number of an id, negative when there is none. */
  public int get(long id) {
    return numbers[slot(id)] - 1;
  }

  /** Sets the number of an id; no more ids than there was room made for. */
  public void put(long id, int number) {
    int slot = slot(id);
    ids[slot] = id;
    numbers[slot] = number + 1;
  }

  private int slot(long id) {
    long mixed = (id ^ SEED) * PRIME;
    int slot = (int) (mixed ^ mixed >>> 32) & (numbers.length - 1);
    while (numbers[slot] != 0 && ids[slot] != id) {
      slot = (slot + 1) & (numbers.length - 1);
    }
    return slot;
  }
}
