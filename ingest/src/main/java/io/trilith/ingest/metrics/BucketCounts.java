package io.trilith.ingest.metrics;

import io.trilith.net.wire.Numbers;
import java.util.Arrays;

/**
 * The buckets of one sign of a native histogram that hold something, by ascending index: bucket i
 * of schema s ends at 2^(i / 2^s). Treat as immutable.
 */
final class BucketCounts {
  /** Gaps up to this many empty buckets are cheaper than another span. */
  private static final int GAP_MAX = 2;

  private final long[] indexes;
  private final double[] counts;
  private final int size;

  private BucketCounts(long[] indexes, double[] counts, int size) {
    this.indexes = indexes;
    this.counts = counts;
    this.size = size;
  }

  /** OpenTelemetry's bucket i ends where Prometheus's bucket i + 1 does. */
  static BucketCounts of(OtlpPoint.Buckets buckets) {
    Numbers in = buckets.counts;
    long[] indexes = new long[in.size()];
    double[] counts = new double[in.size()];
    int size = 0;
    for (int i = 0; i < in.size(); i++) {
      if (in.get(i) != 0) {
        indexes[size] = (long) buckets.offset + i + 1;
        counts[size++] = (double) in.get(i);
      }
    }
    return new BucketCounts(indexes, counts, size);
  }

  /** The spans need as many counts as there are. */
  static BucketCounts of(int[] offsets, int[] lengths, double[] all) {
    long[] indexes = new long[all.length];
    double[] counts = new double[all.length];
    int size = 0;
    int at = 0;
    long index = 0;
    for (int span = 0; span < offsets.length; span++) {
      index += offsets[span];
      for (int i = 0; i < lengths[span]; i++) {
        if (all[at] != 0) {
          indexes[size] = index;
          counts[size++] = all[at];
        }
        at++;
        index++;
      }
    }
    return new BucketCounts(indexes, counts, size);
  }

  /** How many there are. */
  int size() {
    return size;
  }

  /** Those of a schema that is lower by so much: 2^by neighbours are one. */
  BucketCounts coarser(int by) {
    if (by <= 0) {
      return this;
    }
    long[] merged = new long[size];
    double[] sums = new double[size];
    int kept = 0;
    for (int i = 0; i < size; i++) {
      long index = ((indexes[i] - 1) >> Math.min(by, 63)) + 1;
      if (kept > 0 && merged[kept - 1] == index) {
        sums[kept - 1] += counts[i];
      } else {
        merged[kept] = index;
        sums[kept++] = counts[i];
      }
    }
    return new BucketCounts(merged, sums, kept);
  }

  /** Both together, of the same schema. */
  BucketCounts plus(BucketCounts other) {
    long[] merged = new long[size + other.size];
    double[] sums = new double[size + other.size];
    int kept = 0;
    int a = 0;
    int b = 0;
    while (a < size || b < other.size) {
      boolean ofThis = b == other.size || (a < size && indexes[a] <= other.indexes[b]);
      long index = ofThis ? indexes[a] : other.indexes[b];
      double count = 0;
      if (a < size && indexes[a] == index) {
        count += counts[a++];
      }
      if (b < other.size && other.indexes[b] == index) {
        count += other.counts[b++];
      }
      merged[kept] = index;
      sums[kept++] = count;
    }
    return new BucketCounts(merged, sums, kept);
  }

  /**
   * A zero bucket of this width, or so much wider that it cuts no bucket in two.
   *
   * @param schema of these buckets
   */
  double uncut(double zeroThreshold, int schema) {
    for (int i = 0; i < size; i++) {
      if (bound(indexes[i] - 1, schema) >= zeroThreshold) {
        break;
      }
      double end = bound(indexes[i], schema);
      if (end > zeroThreshold) {
        return end;
      }
    }
    return zeroThreshold;
  }

  /** How much is in buckets that end within a zero bucket of this width. */
  double within(double zeroThreshold, int schema) {
    double sum = 0;
    for (int i = 0; i < countWithin(zeroThreshold, schema); i++) {
      sum += counts[i];
    }
    return sum;
  }

  /** Without the buckets that end within a zero bucket of this width. */
  BucketCounts beyond(double zeroThreshold, int schema) {
    int inside = countWithin(zeroThreshold, schema);
    return inside == 0
        ? this
        : new BucketCounts(
            Arrays.copyOfRange(indexes, inside, size),
            Arrays.copyOfRange(counts, inside, size),
            size - inside);
  }

  private int countWithin(double zeroThreshold, int schema) {
    int inside = 0;
    while (inside < size && bound(indexes[inside], schema) <= zeroThreshold) {
      inside++;
    }
    return inside;
  }

  private static double bound(long index, int schema) {
    return Math.pow(2, Math.scalb((double) index, -schema));
  }

  /** Spans and the counts in them. */
  @SuppressWarnings("ArrayRecordComponent") // taken apart at once
  record Layout(int[] offsets, int[] lengths, double[] counts) {}

  Layout layout() {
    int[] offsets = new int[size];
    int[] lengths = new int[size];
    double[] filled = new double[Math.multiplyExact(size, GAP_MAX + 1)];
    int spans = 0;
    int at = 0;
    long last = 0;
    for (int i = 0; i < size; i++) {
      long gap = indexes[i] - last - 1;
      if (spans == 0 || gap > GAP_MAX) {
        offsets[spans] = (int) (spans == 0 ? indexes[i] : gap);
        spans++;
      } else {
        at += (int) gap;
        lengths[spans - 1] += (int) gap;
      }
      lengths[spans - 1]++;
      filled[at++] = counts[i];
      last = indexes[i];
    }
    return new Layout(
        Arrays.copyOf(offsets, spans), Arrays.copyOf(lengths, spans), Arrays.copyOf(filled, at));
  }
}
