package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.index.KeyHash;
import java.util.Arrays;

/**
 * Numbers series by their keys, from 0 in order of arrival. A series is the numbers of its labels
 * in the {@link PairTable}. Senders repeat the order of their series, so the one that followed the
 * one before last time is compared first, and only in the bytes in which the two keys differed when
 * they were added; when that fails a hash is made. What is compared is always, in effect, the whole
 * key. Primitive arrays only. Used by one thread.
 */
final class SeriesTable {
  private static final int SHARED_MAX = 0xffff;
  private static final int PAIR_PAGE_BITS = 14;
  private static final int PAIR_PAGE = 1 << PAIR_PAGE_BITS;

  private final PairTable pairs;
  private int size;

  /** Numbers of labels, series behind series, in pages; a series lies in one page. */
  private int[][] pairPages = {new int[64]};

  private int pairPage;
  private int pairUsed;

  /** By number: the address of its first label. */
  private int[] firstPairs = new int[8];

  private short[] pairCounts = new short[8];
  private int[] hashes = new int[8];

  /** By number: the number, plus one, that was asked for after it last time. */
  private int[] successors = new int[8];

  /**
   * By number: how many bytes at the start of its key, and at the end, are those of the series with
   * the number before, and the rest; -1 as its length when the series did not follow that one.
   */
  private short[] prefixes = new short[8];

  private short[] suffixes = new short[8];
  private int[] middles = new int[8];
  private int[] middleLengths = new int[8];
  private final ByteArena middleBytes = new ByteArena();

  private int[] slots = new int[16];
  private long pairBytes = 4 * 64;

  SeriesTable(PairTable pairs) {
    this.pairs = pairs;
  }

  int size() {
    return size;
  }

  /** Bytes of the arrays. */
  long bytes() {
    return pairBytes + middleBytes.bytes() + 26L * firstPairs.length + 4L * slots.length;
  }

  /**
   * The number that followed a series last time, when it is the one with this key.
   *
   * @param previous the number that was asked for before this one
   * @param before the key of {@code previous}
   * @return -1 when it is not, or when there was none
   */
  int predicted(int previous, KeySlice before, KeySlice key) {
    int guess = successors[previous] - 1;
    if (guess < 0) {
      return -1;
    }
    int middle = guess == previous + 1 ? middleLengths[guess] : -1;
    if (middle < 0) {
      return isKey(guess, key) ? guess : -1;
    }
    int prefix = prefixes[guess] & SHARED_MAX;
    int suffix = suffixes[guess] & SHARED_MAX;
    byte[] bytes = key.bytes;
    int from = key.from;
    int suffixAt = key.end() - suffix;
    int beforeSuffixAt = before.end() - suffix;
    boolean same =
        prefix + middle + suffix == key.length
            && middleBytes.equals(middles[guess], bytes, from + prefix, middle)
            && Arrays.equals(
                bytes, from, from + prefix, before.bytes, before.from, before.from + prefix)
            && Arrays.equals(
                bytes,
                suffixAt,
                suffixAt + suffix,
                before.bytes,
                beforeSuffixAt,
                beforeSuffixAt + suffix);
    return same ? guess : -1;
  }

  /** The number of a key, or -1. */
  int find(KeySlice key, int previous) {
    int hash = KeyHash.of(key.bytes, key.from, key.length);
    int mask = slots.length - 1;
    for (int slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      int number = slots[slot] - 1;
      if (hashes[number] == hash && isKey(number, key)) {
        follow(previous, number);
        return number;
      }
    }
    return -1;
  }

  private boolean isKey(int number, KeySlice key) {
    int[] page = pairPages[firstPairs[number] >>> PAIR_PAGE_BITS];
    int first = firstPairs[number] & (PAIR_PAGE - 1);
    int count = pairCounts[number] & 0xffff;
    int at = key.from;
    int end = key.end();
    for (int i = first; i < first + count; i++) {
      int pair = page[i];
      if (!pairs.is(pair, key.bytes, at, end)) {
        return false;
      }
      at += pairs.length(pair);
    }
    return at == end;
  }

  /**
   * Adds a series that is not there and returns its number.
   *
   * @param labels the numbers of its labels
   * @param previous the number that was asked for before this one, or -1
   * @param before the key of {@code previous}
   */
  int add(int[] labels, int count, KeySlice key, int previous, KeySlice before) {
    if (size == firstPairs.length) {
      grow(size + (size >> 1));
    }
    int number = size++;
    firstPairs[number] = addPairs(labels, count);
    pairCounts[number] = (short) count;
    hashes[number] = KeyHash.of(key.bytes, key.from, key.length);
    middleLengths[number] = -1;
    if (previous >= 0 && previous == number - 1) {
      share(number, key, before);
    }
    slots = KeyHash.occupied(slots, hashes, size);
    follow(previous, number);
    return number;
  }

  private void grow(int capacity) {
    firstPairs = Arrays.copyOf(firstPairs, capacity);
    pairCounts = Arrays.copyOf(pairCounts, capacity);
    hashes = Arrays.copyOf(hashes, capacity);
    successors = Arrays.copyOf(successors, capacity);
    prefixes = Arrays.copyOf(prefixes, capacity);
    suffixes = Arrays.copyOf(suffixes, capacity);
    middles = Arrays.copyOf(middles, capacity);
    middleLengths = Arrays.copyOf(middleLengths, capacity);
  }

  private int addPairs(int[] labels, int count) {
    int[] page = pairPages[pairPage];
    if (pairUsed + count > page.length) {
      page = roomForPairs(count);
    }
    int at = pairPage << PAIR_PAGE_BITS | pairUsed;
    System.arraycopy(labels, 0, page, pairUsed, count);
    pairUsed += count;
    return at;
  }

  private int[] roomForPairs(int count) {
    int needed = pairUsed + count;
    if (needed <= PAIR_PAGE) {
      int length = Math.min(PAIR_PAGE, Math.max(needed, pairPages[pairPage].length * 2));
      pairBytes += 4L * (length - pairPages[pairPage].length);
      pairPages[pairPage] = Arrays.copyOf(pairPages[pairPage], length);
      return pairPages[pairPage];
    }
    if (++pairPage == pairPages.length) {
      pairPages = Arrays.copyOf(pairPages, pairPage * 2);
    }
    pairPages[pairPage] = new int[Math.max(PAIR_PAGE, count)];
    pairBytes += 4L * pairPages[pairPage].length;
    pairUsed = 0;
    return pairPages[pairPage];
  }

  private void share(int number, KeySlice key, KeySlice before) {
    int shorter = Math.min(SHARED_MAX, Math.min(key.length, before.length));
    int prefix =
        Arrays.mismatch(
            key.bytes,
            key.from,
            key.from + shorter,
            before.bytes,
            before.from,
            before.from + shorter);
    prefix = prefix < 0 ? shorter : prefix;
    int suffix = 0;
    while (suffix < shorter - prefix
        && key.bytes[key.end() - 1 - suffix] == before.bytes[before.end() - 1 - suffix]) {
      suffix++;
    }
    int middle = key.length - prefix - suffix;
    prefixes[number] = (short) prefix;
    suffixes[number] = (short) suffix;
    middles[number] = middleBytes.add(key.bytes, key.from + prefix, middle);
    middleLengths[number] = middle;
  }

  private void follow(int previous, int number) {
    if (previous >= 0) {
      successors[previous] = number + 1;
    }
  }

  /** The series that are there now, to be read without a lock. */
  Snapshot snapshot() {
    return new Snapshot(firstPairs, pairCounts, pairPages.clone());
  }

  /** Series with the numbers of their labels: what is in these arrays does not change. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Snapshot(int[] firstPairs, short[] pairCounts, int[][] pairPages) {
    /** How many labels a series has. */
    int count(int number) {
      return pairCounts[number] & 0xffff;
    }

    /** The array with the numbers of a series' labels, which begin at {@link #offset}. */
    int[] page(int number) {
      return pairPages[firstPairs[number] >>> PAIR_PAGE_BITS];
    }

    int offset(int number) {
      return firstPairs[number] & (PAIR_PAGE - 1);
    }
  }

  int pairCount(int number) {
    return pairCounts[number] & 0xffff;
  }

  /** The number, in the table of labels, of a series' label. */
  int pair(int number, int i) {
    int first = firstPairs[number];
    return pairPages[first >>> PAIR_PAGE_BITS][(first & (PAIR_PAGE - 1)) + i];
  }

  /** Bytes of a key. */
  int keyLength(int number) {
    int length = 0;
    for (int i = 0; i < pairCount(number); i++) {
      length += pairs.length(pair(number, i));
    }
    return length;
  }

  /** Appends the key. */
  void putKey(int number, ByteWriter out) {
    for (int i = 0; i < pairCount(number); i++) {
      pairs.putTo(pair(number, i), out);
    }
  }
}
