package io.trilith.tracestore.block;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Finds which spans of a trace come again later, in the same source or one written after it: equal
 * id and kind. Ids are told apart by a table that has room for this many; of a larger trace they
 * are looked at in several passes, each for a share of the ids. Not thread-safe.
 */
final class SpanDuplicates {
  private static final int PASS_SPANS = 1 << 18;
  private static final long PRIME = 0x9e3779b97f4a7c15L;

  /** What a sender knows nothing of, so that it cannot choose ids that collide. */
  private static final long SEED = new SplittableRandom().nextLong();

  private final int passSpans;
  private int[] slots = new int[64];
  private int size;
  private long[] ids = new long[32];
  private long[] kinds = new long[32];
  private int[] sources = new int[32];
  private int[] ordinals = new int[32];

  SpanDuplicates() {
    this(PASS_SPANS);
  }

  /** Of which a pass looks at this many, more or less. */
  SpanDuplicates(int passSpans) {
    this.passSpans = passSpans;
  }

  /** By source the ordinals of rows that come again; null for none. */
  List<@Nullable BitSet> of(List<MergeSource> parts) {
    List<@Nullable BitSet> dead = new ArrayList<>();
    long rows = 0;
    for (MergeSource part : parts) {
      dead.add(null);
      rows += part.traceRows();
    }
    int passes = (int) Math.min(Integer.MAX_VALUE, (rows + passSpans - 1) / passSpans);
    for (int pass = 0; pass < passes; pass++) {
      clear(rows / passes);
      int wanted = pass;
      for (int i = 0; i < parts.size(); i++) {
        int source = i;
        parts
            .get(i)
            .forEachRow(
                (id, kind, ordinal) -> {
                  long hash = hash(id, kind);
                  if (passes == 1 || (hash >>> 33) % passes == wanted) {
                    put(hash, id, kind, source, ordinal, dead);
                  }
                });
      }
    }
    return dead;
  }

  private void clear(long expected) {
    size = 0;
    int wanted = (int) Math.max(64, Long.highestOneBit(Math.max(1, expected)) * 4);
    if (slots.length < wanted) {
      slots = new int[wanted];
    } else {
      Arrays.fill(slots, 0);
    }
  }

  private static long hash(long id, long kind) {
    long mixed = (id ^ SEED) * PRIME;
    mixed = (mixed ^ mixed >>> 32 ^ kind) * PRIME;
    return mixed ^ mixed >>> 29;
  }

  private void put(
      long hash, long id, long kind, int source, int ordinal, List<@Nullable BitSet> dead) {
    int slot = (int) hash & (slots.length - 1);
    for (; slots[slot] != 0; slot = (slot + 1) & (slots.length - 1)) {
      int known = slots[slot] - 1;
      if (ids[known] == id && kinds[known] == kind) {
        BitSet of = dead.get(sources[known]);
        if (of == null) {
          of = new BitSet();
          dead.set(sources[known], of);
        }
        of.set(ordinals[known]);
        sources[known] = source;
        ordinals[known] = ordinal;
        return;
      }
    }
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
      kinds = Arrays.copyOf(kinds, size * 2);
      sources = Arrays.copyOf(sources, size * 2);
      ordinals = Arrays.copyOf(ordinals, size * 2);
    }
    ids[size] = id;
    kinds[size] = kind;
    sources[size] = source;
    ordinals[size] = ordinal;
    slots[slot] = ++size;
    if (size * 2 > slots.length) {
      grow();
    }
  }

  private void grow() {
    slots = new int[slots.length * 2];
    for (int i = 0; i < size; i++) {
      int slot = (int) hash(ids[i], kinds[i]) & (slots.length - 1);
      while (slots[slot] != 0) {
        slot = (slot + 1) & (slots.length - 1);
      }
      slots[slot] = i + 1;
    }
  }
}
