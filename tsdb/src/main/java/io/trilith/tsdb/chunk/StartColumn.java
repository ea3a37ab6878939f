package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;

/** Start timestamps, which rarely change: each as the distance from the one before, in runs. */
final class StartColumn {
  private StartColumn() {}

  /** {@code column = (runLength:varint distance:zigzag)*}. */
  static void encode(long[] starts, int count, ByteWriter out) {
    long before = 0;
    int at = 0;
    while (at < count) {
      int end = at + 1;
      while (end < count && starts[end] == starts[at]) {
        end++;
      }
      out.putVarint(end - at);
      out.putZigzag(starts[at] - before);
      before = starts[at];
      at = end;
    }
  }

  static void decode(ByteReader in, long[] starts, int count) {
    long before = 0;
    int at = 0;
    while (at < count) {
      long run = in.getVarint();
      before += in.getZigzag();
      if (run < 1 || run > count - at) {
        throw in.corrupt("a run of " + run + " start timestamps");
      }
      java.util.Arrays.fill(starts, at, at + (int) run, before);
      at += (int) run;
    }
  }
}
