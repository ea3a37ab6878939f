package io.trilith.tsdb.head;

import io.trilith.tsdb.MetricBatch;

/** Where a key stands; reused from series to series. */
final class KeySlice {
  private static final byte[] NO_BYTES = new byte[0];

  byte[] bytes = NO_BYTES;
  int from;
  int length;

  void set(byte[] array, int start, int size) {
    bytes = array;
    from = start;
    length = size;
  }

  void set(MetricBatch batch, int series) {
    set(batch.keyBytes(series), batch.keyOffset(series), batch.keyLength(series));
  }

  int end() {
    return from + length;
  }
}
