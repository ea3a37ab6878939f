package io.trilith.tracestore.store;

import java.util.Arrays;

/** Traces that may be wanted, in order of id, and where their parts are. Not thread-safe. */
final class Candidates {
  private long[] keys = new long[16];
  private int[] firsts = new int[17];
  private int[] sources = new int[32];
  private int[] parts = new int[32];
  private int size;

  void add(long key, MergedParts trace) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
      firsts = Arrays.copyOf(firsts, size * 2 + 1);
    }
    int at = firsts[size];
    int end = at + trace.count();
    if (end > parts.length) {
      int larger = Math.max(end, parts.length * 2);
      sources = Arrays.copyOf(sources, larger);
      parts = Arrays.copyOf(parts, larger);
    }
    for (int i = 0; i < trace.count(); i++) {
      sources[at + i] = trace.source(i);
      parts[at + i] = trace.part(i);
    }
    keys[size++] = key;
    firsts[size] = end;
  }

  int size() {
    return size;
  }

  /** What a trace is ordered by. */
  long key(int i) {
    return keys[i];
  }

  int first(int i) {
    return firsts[i];
  }

  int end(int i) {
    return firsts[i + 1];
  }

  int source(int at) {
    return sources[at];
  }

  int part(int at) {
    return parts[at];
  }

  /** All of them, ascending. */
  long[] sortedKeys() {
    long[] sorted = Arrays.copyOf(keys, size);
    Arrays.sort(sorted);
    return sorted;
  }
}
