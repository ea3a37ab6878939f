package io.trilith.tracestore.columns;

import java.util.Arrays;

/** Sorts row numbers by what is in columns; stable. */
final class RowSort {
  private static final int FEW = 12;

  private RowSort() {}

  /** Whether one row comes after another. */
  @FunctionalInterface
  interface Order {
    boolean isAfter(int a, int b);
  }

  /** Sorts {@code [from, to)}. */
  static void sort(int[] rows, int from, int to, Order order) {
    sort(rows, from, to, new int[to - from > FEW ? (to - from + 1) / 2 : 0], order);
  }

  private static void sort(int[] rows, int from, int to, int[] room, Order order) {
    if (to - from <= FEW) {
      for (int i = from + 1; i < to; i++) {
        int row = rows[i];
        int at = i;
        for (; at > from && order.isAfter(rows[at - 1], row); at--) {
          rows[at] = rows[at - 1];
        }
        rows[at] = row;
      }
      return;
    }
    int middle = (from + to) >>> 1;
    sort(rows, from, middle, room, order);
    sort(rows, middle, to, room, order);
    if (!order.isAfter(rows[middle - 1], rows[middle])) {
      return;
    }
    int left = middle - from;
    System.arraycopy(rows, from, room, 0, left);
    int a = 0;
    int b = middle;
    for (int at = from; a < left; at++) {
      rows[at] = b == to || !order.isAfter(room[a], rows[b]) ? room[a++] : rows[b++];
    }
  }

  /** Rows that are sorted up to a place, and from there on; sorted as a whole. */
  static int[] merged(int[] sorted, int[] more, Order order) {
    int[] all = Arrays.copyOf(sorted, sorted.length + more.length);
    int a = sorted.length - 1;
    int b = more.length - 1;
    for (int at = all.length - 1; b >= 0; at--) {
      all[at] = a >= 0 && order.isAfter(sorted[a], more[b]) ? sorted[a--] : more[b--];
    }
    return all;
  }
}
