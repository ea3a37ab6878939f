package io.trilith.tsdb.head;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The order of a registry's series by labels: kept, and extended when it is asked for after series
 * were added. Used under the registry's lock, by any number of readers.
 */
final class SeriesOrder {
  /** New series at most that are compared label by label; for more, labels are ranked first. */
  private static final int UNRANKED_MAX = 256;

  /**
   * Fewer than one in this many series are sorted by their places, more are picked from the order.
   */
  private static final int SPARSE = 16;

  private final SeriesTable series;
  private final PairPostings postings;
  private volatile Known known = new Known(new int[0], new int[0]);

  /** Series in order, and by series its place among them. */
  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Known(int[] order, int[] places) {}

  SeriesOrder(SeriesTable series, PairPostings postings) {
    this.series = series;
    this.postings = postings;
  }

  /** Bytes of the arrays. */
  long bytes() {
    return 8L * known.order.length;
  }

  /** Puts series, which are in order of their numbers, into order of their labels. */
  void sort(int[] numbers) {
    if (numbers.length < 2) {
      return;
    }
    Known now = known;
    int unknown = series.size() - now.order.length;
    if (numbers[numbers.length - 1] >= now.order.length) {
      if (numbers.length <= UNRANKED_MAX && unknown > 0) {
        sort(numbers, null);
        return;
      }
      now = extended();
    }
    if (numbers.length > now.order.length / SPARSE) {
      pick(now.order, numbers);
      return;
    }
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = now.places[numbers[i]];
    }
    Arrays.sort(numbers);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = now.order[numbers[i]];
    }
  }

  private static void pick(int[] order, int[] numbers) {
    BitSet wanted = new BitSet(order.length);
    for (int number : numbers) {
      wanted.set(number);
    }
    int next = 0;
    for (int number : order) {
      if (wanted.get(number)) {
        numbers[next++] = number;
      }
    }
  }

  private synchronized Known extended() {
    int[] before = known.order;
    int size = series.size();
    if (before.length == size) {
      return known;
    }
    int[] added = new int[size - before.length];
    Arrays.setAll(added, i -> before.length + i);
    int @Nullable [] ranks = added.length > UNRANKED_MAX ? postings.ranks() : null;
    sort(added, ranks);
    int[] order = merge(before, added, ranks);
    int[] places = new int[size];
    for (int i = 0; i < size; i++) {
      places[order[i]] = i;
    }
    known = new Known(order, places);
    return known;
  }

  /** Puts series into others, both in order; for each a search, for those between a copy. */
  private int[] merge(int[] into, int[] added, int @Nullable [] ranks) {
    int[] merged = new int[into.length + added.length];
    int from = 0;
    for (int i = 0; i < added.length; i++) {
      int low = from;
      int high = into.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (compare(into[middle], added[i], ranks) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      System.arraycopy(into, from, merged, from + i, low - from);
      merged[low + i] = added[i];
      from = low;
    }
    System.arraycopy(into, from, merged, from + added.length, into.length - from);
    return merged;
  }

  private void sort(int[] numbers, int @Nullable [] ranks) {
    int[] from = numbers.clone();
    sort(from, numbers, 0, numbers.length, ranks);
  }

  /** Sorts {@code from} into {@code to}; both hold the same at the beginning. */
  private void sort(int[] from, int[] to, int start, int end, int @Nullable [] ranks) {
    if (end - start < 2) {
      return;
    }
    int middle = (start + end) >>> 1;
    sort(to, from, start, middle, ranks);
    sort(to, from, middle, end, ranks);
    if (compare(from[middle - 1], from[middle], ranks) <= 0) {
      System.arraycopy(from, start, to, start, end - start);
      return;
    }
    int left = start;
    int right = middle;
    for (int at = start; at < end; at++) {
      boolean takeLeft =
          right >= end || (left < middle && compare(from[left], from[right], ranks) <= 0);
      to[at] = takeLeft ? from[left++] : from[right++];
    }
  }

  private int compare(int a, int b, int @Nullable [] ranks) {
    int countA = series.pairCount(a);
    int countB = series.pairCount(b);
    int shared = Math.min(countA, countB);
    for (int i = 0; i < shared; i++) {
      int pairA = series.pair(a, i);
      int pairB = series.pair(b, i);
      if (pairA != pairB) {
        return ranks == null
            ? postings.compare(pairA, pairB)
            : Integer.compare(ranks[pairA], ranks[pairB]);
      }
    }
    return Integer.compare(countA, countB);
  }
}
