package io.trilith.ingest.generator;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import java.util.Arrays;

/**
 * Counts durations in exponential buckets, eight to a power of two at first, fewer when a
 * distribution is so wide that there would be too many. Not thread-safe.
 */
final class NativeBuckets {
  private static final int SCHEMA = 3;
  private static final int BUCKETS_MAX = 100;

  /** Prometheus' own. */
  private static final double ZERO_THRESHOLD = 0x1p-128;

  private int schema = SCHEMA;
  private int[] indexes = new int[16];
  private long[] counts = new long[16];
  private int size;
  private long zeros;

  void add(double value) {
    if (value <= ZERO_THRESHOLD) {
      zeros++;
      return;
    }
    int index = (index(value) + (1 << (SCHEMA - schema)) - 1) >> (SCHEMA - schema);
    int at = Arrays.binarySearch(indexes, 0, size, index);
    if (at >= 0) {
      counts[at]++;
      return;
    }
    insert(~at, index);
    while (size > BUCKETS_MAX && schema > NativeHistogram.SCHEMA_MIN) {
      halve();
    }
  }

  /** The bucket at the first schema: the least index whose bound, 2^(index/8), is not below. */
  private static int index(double value) {
    int index = (int) Math.ceil(Math.log(value) / Math.log(2) * (1 << SCHEMA));
    while (bound(index - 1) >= value) {
      index--;
    }
    while (bound(index) < value) {
      index++;
    }
    return index;
  }

  private static double bound(int index) {
    return Math.pow(2, index / (double) (1 << SCHEMA));
  }

  private void insert(int at, int index) {
    if (size == indexes.length) {
      indexes = Arrays.copyOf(indexes, size * 2);
      counts = Arrays.copyOf(counts, size * 2);
    }
    System.arraycopy(indexes, at, indexes, at + 1, size - at);
    System.arraycopy(counts, at, counts, at + 1, size - at);
    indexes[at] = index;
    counts[at] = 1;
    size++;
  }

  /** Makes one bucket of each two. */
  private void halve() {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      int index = (indexes[i] + 1) >> 1;
      if (kept > 0 && indexes[kept - 1] == index) {
        counts[kept - 1] += counts[i];
      } else {
        indexes[kept] = index;
        counts[kept++] = counts[i];
      }
    }
    size = kept;
    schema--;
  }

  NativeHistogram nothing() {
    return histogram(0, 0, 0);
  }

  NativeHistogram histogram(double sum) {
    return histogram(size, zeros, sum);
  }

  /** Of a series that has ended. */
  static NativeHistogram ended(double staleSum) {
    return new NativeBuckets().histogram(0, 0, staleSum);
  }

  private NativeHistogram histogram(int buckets, long zeroCount, double sum) {
    int[] offsets = new int[buckets];
    int[] lengths = new int[buckets];
    double[] values = new double[buckets];
    int runs = 0;
    int end = 0;
    double count = zeroCount;
    for (int i = 0; i < buckets; i++) {
      if (i > 0 && indexes[i] == end) {
        lengths[runs - 1]++;
      } else {
        offsets[runs] = indexes[i] - end;
        lengths[runs++] = 1;
      }
      end = indexes[i] + 1;
      values[i] = counts[i];
      count += counts[i];
    }
    return new NativeHistogram(
        schema,
        ResetHint.UNKNOWN,
        true,
        ZERO_THRESHOLD,
        zeroCount,
        count,
        sum,
        Arrays.copyOf(offsets, runs),
        Arrays.copyOf(lengths, runs),
        values,
        new int[0],
        new int[0],
        new double[0],
        new double[0]);
  }
}
