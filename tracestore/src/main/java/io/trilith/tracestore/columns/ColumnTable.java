package io.trilith.tracestore.columns;

/** Rows of spans, events or links: this many columns of either width. One thread writes. */
final class ColumnTable {
  final LongList[] longs;
  final IntList[] ints;

  ColumnTable(int longColumns, int intColumns) {
    longs = new LongList[longColumns];
    for (int i = 0; i < longColumns; i++) {
      longs[i] = new LongList();
    }
    ints = new IntList[intColumns];
    for (int i = 0; i < intColumns; i++) {
      ints[i] = new IntList();
    }
  }

  int size() {
    return ints[0].size();
  }

  void truncate(int to) {
    for (LongList column : longs) {
      column.truncate(to);
    }
    for (IntList column : ints) {
      column.truncate(to);
    }
  }

  /** Bytes of a row. */
  long rowBytes() {
    return 8L * longs.length + 4L * ints.length;
  }

  Rows rows() {
    long[][] longArrays = new long[longs.length][];
    for (int i = 0; i < longArrays.length; i++) {
      longArrays[i] = longs[i].array();
    }
    int[][] intArrays = new int[ints.length][];
    for (int i = 0; i < intArrays.length; i++) {
      intArrays[i] = ints[i].array();
    }
    return new Rows(size(), longArrays, intArrays);
  }

  /** The rows that were there at a time. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Rows(int size, long[][] longs, int[][] ints) {}
}
