package io.trilith.tracestore.store;

import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.TraceList;
import java.util.List;

/** Walks the lists of several sources trace by trace, in order of id. Not thread-safe. */
final class MergedParts {
  private final List<TraceList> lists;
  private final long[] defaultMasks;
  private final int[] next;
  private int[] sources = new int[8];
  private int[] parts = new int[8];
  private int count;
  private long high;
  private long low;

  /**
   * A walk before the first trace.
   *
   * @param defaultMasks what is added to the masks of a source's parts
   */
  MergedParts(List<TraceList> lists, long[] defaultMasks) {
    this.lists = lists;
    this.defaultMasks = defaultMasks;
    this.next = new int[lists.size()];
  }

  boolean next() {
    boolean any = false;
    for (int i = 0; i < next.length; i++) {
      TraceList list = lists.get(i);
      if (next[i] < list.size()) {
        long idHigh = list.high(next[i]);
        long idLow = list.low(next[i]);
        if (!any || isBefore(idHigh, idLow)) {
          any = true;
          high = idHigh;
          low = idLow;
        }
      }
    }
    count = 0;
    if (any) {
      for (int i = 0; i < next.length; i++) {
        TraceList list = lists.get(i);
        while (next[i] < list.size() && list.high(next[i]) == high && list.low(next[i]) == low) {
          add(i, next[i]++);
        }
      }
    }
    return any;
  }

  private boolean isBefore(long idHigh, long idLow) {
    int order = Long.compareUnsigned(idHigh, high);
    return order < 0 || (order == 0 && Long.compareUnsigned(idLow, low) < 0);
  }

  private void add(int source, int part) {
    if (count == parts.length) {
      sources = java.util.Arrays.copyOf(sources, count * 2);
      parts = java.util.Arrays.copyOf(parts, count * 2);
    }
    sources[count] = source;
    parts[count++] = part;
  }

  TraceId id() {
    return new TraceId(high, low);
  }

  /** Parts of the trace, in order of writing. */
  int count() {
    return count;
  }

  int source(int i) {
    return sources[i];
  }

  int part(int i) {
    return parts[i];
  }

  /** Whether more than one source has a part. */
  boolean isShared() {
    return count > 1 && sources[0] != sources[count - 1];
  }

  boolean overlaps(long minNanos, long maxNanos) {
    for (int i = 0; i < count; i++) {
      TraceList list = lists.get(sources[i]);
      if (list.minNanos(parts[i]) <= maxNanos && list.maxNanos(parts[i]) >= minNanos) {
        return true;
      }
    }
    return false;
  }

  /** Earliest start of any part, be its span overwritten or not. */
  long start() {
    return start(0);
  }

  /** Earliest start of the source written last, whose spans nothing has overwritten. */
  long lastStart() {
    int first = count - 1;
    while (first > 0 && sources[first - 1] == sources[first]) {
      first--;
    }
    return start(first);
  }

  private long start(int from) {
    long start = Long.MAX_VALUE;
    for (int i = from; i < count; i++) {
      start = Math.min(start, lists.get(sources[i]).minNanos(parts[i]));
    }
    return start;
  }

  /** No less than the duration of the trace, whatever of its spans was overwritten. */
  long longest() {
    long end = Long.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      end = Math.max(end, lists.get(sources[i]).maxNanos(parts[i]));
    }
    long longest = end - start();
    return longest < 0 ? Long.MAX_VALUE : longest;
  }

  /** What spans of any part pass. */
  long mask() {
    long mask = 0;
    for (int i = 0; i < count; i++) {
      mask |= lists.get(sources[i]).mask(parts[i]) | defaultMasks[sources[i]];
    }
    return mask;
  }
}
