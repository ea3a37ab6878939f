package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Ids and parents of one part of a trace, as they are added to a group. Not thread-safe. */
final class PartRows {
  /** Parents among so many spans are looked for one by one. */
  private static final int FEW = 32;

  private static final long PRIME = 0x9e3779b97f4a7c15L;

  /** What a sender knows nothing of, so that it cannot choose ids that collide. */
  private static final long SEED = new SplittableRandom().nextLong();

  private long[] ids = new long[FEW];
  private long[] parents = new long[FEW];
  private int size;

  /** Rows plus 1 by the ids of their spans. */
  private int[] slots = new int[0];

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  void add(long id, long parent) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
      parents = Arrays.copyOf(parents, size * 2);
    }
    ids[size] = id;
    parents[size++] = parent;
  }

  /** Per row: 0 no parent, 1 its id follows, else 2 plus its place among these rows. */
  void writeParents(ByteWriter out) {
    boolean few = size <= FEW;
    if (!few) {
      index();
    }
    for (int i = 0; i < size; i++) {
      long parent = parents[i];
      if (parent == 0) {
        out.putVarint(0);
        continue;
      }
      int place = few ? search(parent) : find(parent);
      if (place < 0) {
        out.putVarint(1);
        out.putLong(parent);
      } else {
        out.putVarint(2L + place);
      }
    }
  }

  private int search(long id) {
    for (int i = 0; i < size; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }

  private void index() {
    int wanted = Integer.highestOneBit(size) * 4;
    if (slots.length < wanted) {
      slots = new int[wanted];
    } else {
      Arrays.fill(slots, 0);
    }
    for (int i = 0; i < size; i++) {
      int slot = slot(ids[i]);
      // Of spans that share an id, the first one is meant.
      slots[slot] = slots[slot] == 0 ? i + 1 : slots[slot];
    }
  }

  private int find(long id) {
    return slots[slot(id)] - 1;
  }

  private int slot(long id) {
    long mixed = (id ^ SEED) * PRIME;
    int slot = (int) (mixed ^ mixed >>> 32) & (slots.length - 1);
    while (slots[slot] != 0 && ids[slots[slot] - 1] != id) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }
}
