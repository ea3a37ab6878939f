package io.trilith.tracestore;

import java.util.Arrays;

/** Traces that may be wanted, in order of id, and where their parts are. Not thread-safe. */
final class Candidates {
  private long[] starts = new long[16];
  private int[] firsts = new int[17];
  private int[] sources = new int[32];
  private int[] parts = new int[32];
  private int size;

  void add(long start, MergedParts trace) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
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
    starts[size++] = start;
    firsts[size] = end;
  }

  int size() {
    return size;
  }

  /** Earliest start of a trace. */
  long start(int i) {
    return starts[i];
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

  /** All starts, ascending. */
  long[] sortedStarts() {
    long[] sorted = Arrays.copyOf(starts, size);
    Arrays.sort(sorted);
    return sorted;
  }
}
