package io.trilith.tsdb.block;

import java.util.Arrays;

/**
 * Recognises time columns that a block has already, by 128 bits of hash: series that are scraped
 * together have the same timestamps. Not thread-safe.
 */
final class ColumnTable {
  private long[] first = new long[64];
  private long[] second = new long[64];
  private int[] columns = new int[64];
  private int size;

  ColumnTable() {
    Arrays.fill(columns, -1);
  }

  /** The number of the column, or {@code -1 - number} when it is new and got that number. */
  int number(long[] times, int from, int count) {
    long a = count * 0x9e3779b97f4a7c15L;
    long b = count * 0xc2b2ae3d27d4eb4fL + 1;
    for (int i = from; i < from + count; i++) {
      a = (a ^ times[i]) * 0xff51afd7ed558ccdL;
      a ^= a >>> 32;
      b = Long.rotateLeft(b, 29) * 0x9fb21c651e98df25L + times[i];
    }
    b = (b ^ (b >>> 31)) * 0xd6e8feb86659fd93L;
    int mask = columns.length - 1;
    int slot = (int) (a ^ (a >>> 29)) & mask;
    for (; columns[slot] >= 0; slot = (slot + 1) & mask) {
      if (first[slot] == a && second[slot] == b) {
        return columns[slot];
      }
    }
    first[slot] = a;
    second[slot] = b;
    columns[slot] = size++;
    if (size * 2 > columns.length) {
      grow();
    }
    return -size;
  }

  private void grow() {
    long[] oldFirst = first;
    long[] oldSecond = second;
    int[] oldColumns = columns;
    int length = oldColumns.length * 2;
    int mask = length - 1;
    first = new long[length];
    second = new long[length];
    columns = new int[length];
    Arrays.fill(columns, -1);
    for (int i = 0; i < oldColumns.length; i++) {
      if (oldColumns[i] >= 0) {
        int slot = (int) (oldFirst[i] ^ (oldFirst[i] >>> 29)) & mask;
        while (columns[slot] >= 0) {
          slot = (slot + 1) & mask;
        }
        first[slot] = oldFirst[i];
        second[slot] = oldSecond[i];
        columns[slot] = oldColumns[i];
      }
    }
  }
}
