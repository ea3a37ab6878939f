package io.trilith.promql.histogram;

import io.trilith.engine.KahanSum;
import java.util.Arrays;

/**
 * One side of a histogram: bucket indexes, ascending, with their counts. Immutable.
 *
 * @param index bucket numbers, ascending, unique
 * @param count as long as index
 */
@SuppressWarnings("ArrayRecordComponent") // arrays of primitives are the point
record Buckets(int[] index, double[] count) {
  static final Buckets NONE = new Buckets(new int[0], new double[0]);

  static Buckets ofSpans(int[] offsets, int[] lengths, double[] counts) {
    int[] index = new int[counts.length];
    int at = 0;
    int next = 0;
    for (int span = 0; span < offsets.length; span++) {
      next += offsets[span];
      for (int i = 0; i < lengths[span] && at < index.length; i++) {
        index[at++] = next++;
      }
    }
    return new Buckets(index, counts);
  }

  /** Offsets and lengths of the runs of adjacent buckets. */
  int[][] spans() {
    int[] offsets = new int[index.length];
    int[] lengths = new int[index.length];
    int size = 0;
    for (int i = 0; i < index.length; i++) {
      if (i == 0 || index[i] != index[i - 1] + 1) {
        offsets[size++] = i == 0 ? index[i] : index[i] - index[i - 1] - 1;
      }
      lengths[size - 1]++;
    }
    return new int[][] {Arrays.copyOf(offsets, size), Arrays.copyOf(lengths, size)};
  }

  int size() {
    return index.length;
  }

  boolean isEmpty() {
    return index.length == 0;
  }

  double total() {
    double total = 0;
    for (double one : count) {
      total += one;
    }
    return total;
  }

  Buckets scale(double factor) {
    double[] scaled = new double[count.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = count[i] * factor;
    }
    return new Buckets(index, scaled);
  }

  Buckets divide(double divisor) {
    double[] scaled = new double[count.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = count[i] / divisor;
    }
    return new Buckets(index, scaled);
  }

  /** Those from i on. */
  Buckets from(int i) {
    return i == 0
        ? this
        : new Buckets(
            Arrays.copyOfRange(index, i, index.length), Arrays.copyOfRange(count, i, index.length));
  }

  /** Without empty buckets. */
  Buckets compact() {
    int kept = 0;
    for (double one : count) {
      kept += one != 0 ? 1 : 0;
    }
    if (kept == count.length) {
      return this;
    }
    int[] keptIndex = new int[kept];
    double[] keptCount = new double[kept];
    int at = 0;
    for (int i = 0; i < count.length; i++) {
      if (count[i] != 0) {
        keptIndex[at] = index[i];
        keptCount[at++] = count[i];
      }
    }
    return new Buckets(keptIndex, keptCount);
  }

  /** Renumbers by a function that never decreases; counts that meet are added. */
  Buckets renumber(IndexMapping mapping) {
    int[] mapped = new int[index.length];
    double[] sums = new double[index.length];
    int size = 0;
    for (int i = 0; i < index.length; i++) {
      int target = mapping.apply(index[i]);
      if (size == 0 || mapped[size - 1] != target) {
        mapped[size++] = target;
      }
      sums[size - 1] += count[i];
    }
    return new Buckets(Arrays.copyOf(mapped, size), Arrays.copyOf(sums, size));
  }

  /** Where a bucket goes. */
  @FunctionalInterface
  interface IndexMapping {
    int apply(int index);
  }

  /** A sum and what it lost to rounding, over the same indexes. */
  record Compensated(Buckets sum, Buckets compensation) {}

  /** Adds other to sum, Neumaier's way. The compensation has the sum's indexes. */
  static Compensated add(Buckets sum, Buckets compensation, Buckets other) {
    int[] index = new int[sum.size() + other.size()];
    double[] total = new double[index.length];
    double[] lost = new double[index.length];
    int size = 0;
    int left = 0;
    int right = 0;
    while (left < sum.size() || right < other.size()) {
      boolean takeLeft =
          right == other.size() || (left < sum.size() && sum.index[left] <= other.index[right]);
      boolean takeRight =
          left == sum.size() || (right < other.size() && other.index[right] <= sum.index[left]);
      double a = takeLeft ? sum.count[left] : 0;
      double c = takeLeft ? compensation.count[left] : 0;
      double b = takeRight ? other.count[right] : 0;
      index[size] = takeLeft ? sum.index[left] : other.index[right];
      total[size] = a + b;
      lost[size] = c + KahanSum.error(a, b, total[size]);
      size++;
      left += takeLeft ? 1 : 0;
      right += takeRight ? 1 : 0;
    }
    int[] kept = Arrays.copyOf(index, size);
    return new Compensated(
        new Buckets(kept, Arrays.copyOf(total, size)),
        new Buckets(kept, Arrays.copyOf(lost, size)));
  }

  /** Whether any bucket counts less here than in what was before. */
  boolean lessThan(Buckets before) {
    int at = 0;
    for (int i = 0; i < before.index.length; i++) {
      while (at < index.length && index[at] < before.index[i]) {
        at++;
      }
      double now = at < index.length && index[at] == before.index[i] ? count[at] : 0;
      if (now < before.count[i]) {
        return true;
      }
    }
    return false;
  }

  boolean same(Buckets other) {
    return Arrays.equals(index, other.index) && Arrays.equals(count, other.count);
  }
}
