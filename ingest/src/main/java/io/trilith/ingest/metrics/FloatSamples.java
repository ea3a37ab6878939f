package io.trilith.ingest.metrics;

import io.trilith.tsdb.MetricBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads float samples as all senders write them: {@code 0x12 length (0x09 value)? (0x10 time)? },
 * fields in order, nothing between them. Leaves everything else to the general reader. Makes no
 * objects. Not thread-safe.
 */
final class FloatSamples {
  /** Samples that are read at once. */
  private static final int RUN_MAX = 1 << 15;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int SAMPLE = 0x12;
  private static final int VALUE = 0x09;
  private static final int TIME = 0x10;

  private long number;

  /**
   * Adds samples of a series, of which the slice has at least one byte.
   *
   * @return where the next sample begins, the slice's end when there is none; -1 when there is
   *     anything but such samples: what was added is then to be taken back
   */
  int read(byte[] bytes, int from, int to, MetricBatch batch, int series) {
    int at = from;
    for (int run = 0; at < to && run < RUN_MAX; run++) {
      if (bytes[at] != SAMPLE || to - at < 2 || bytes[at + 1] < 0) {
        return -1;
      }
      int end = at + 2 + bytes[at + 1];
      at += 2;
      if (end > to) {
        return -1;
      }
      double value = 0;
      long time = 0;
      if (end - at >= 9 && bytes[at] == VALUE) {
        value = Double.longBitsToDouble((long) LONG.get(bytes, at + 1));
        at += 9;
      }
      if (at < end && bytes[at] == TIME) {
        at = varint(bytes, at + 1, end);
        time = number;
      }
      if (at != end) {
        return -1;
      }
      batch.addSample(series, time, 0, value);
    }
    return at;
  }

  /** Reads a number; returns where it ends, -1 when it does not. */
  private int varint(byte[] bytes, int from, int to) {
    long read = 0;
    int stop = Math.min(to, from + 10);
    for (int at = from; at < stop; at++) {
      read |= (long) (bytes[at] & 0x7f) << (7 * (at - from));
      if (bytes[at] >= 0) {
        number = read;
        return at + 1;
      }
    }
    return -1;
  }
}
