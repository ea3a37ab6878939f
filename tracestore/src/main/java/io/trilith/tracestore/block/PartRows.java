package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.SpanIds;
import java.util.Arrays;

/** Ids and parents of one part of a trace, as they are added to a group. Not thread-safe. */
final class PartRows {
  /** Parents among this many spans are looked for one by one. */
  private static final int FEW = 32;

  private long[] ids = new long[FEW];
  private long[] parents = new long[FEW];
  private int size;

  private final SpanIds places = new SpanIds();

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
      int place = few ? search(parent) : places.get(parent);
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

  /** Of spans that share an id, the first one is meant. */
  private void index() {
    places.clear(size);
    for (int i = size - 1; i >= 0; i--) {
      places.put(ids[i], i);
    }
  }
}
