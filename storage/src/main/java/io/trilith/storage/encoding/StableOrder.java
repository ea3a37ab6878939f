package io.trilith.storage.encoding;

/** A stable merge sort of positions by a long key; runs that are in order already cost one pass. */
public final class StableOrder {
  private StableOrder() {}

  /** Positions 0..count-1 so that keys ascend; equal keys keep their order. */
  public static int[] of(long[] keys, int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    int[] spare = new int[count];
    boolean sorted = false;
    while (!sorted) {
      int runs = 0;
      int at = 0;
      while (at < count) {
        int middle = runEnd(keys, order, at, count);
        int end = middle < count ? runEnd(keys, order, middle, count) : middle;
        merge(keys, order, at, middle, end, spare);
        runs++;
        at = end;
      }
      int[] merged = spare;
      spare = order;
      order = merged;
      sorted = runs <= 1;
    }
    return order;
  }

  private static int runEnd(long[] keys, int[] order, int from, int count) {
    int end = from + 1;
    while (end < count && keys[order[end]] >= keys[order[end - 1]]) {
      end++;
    }
    return end;
  }

  private static void merge(long[] keys, int[] from, int start, int middle, int end, int[] into) {
    int left = start;
    int right = middle;
    for (int at = start; at < end; at++) {
      if (right >= end || (left < middle && keys[from[left]] <= keys[from[right]])) {
        into[at] = from[left++];
      } else {
        into[at] = from[right++];
      }
    }
  }
}
