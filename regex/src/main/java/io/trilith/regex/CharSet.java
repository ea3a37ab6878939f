package io.trilith.regex;

import java.util.Arrays;

/** A set of code points, as sorted, disjoint, non-adjacent ranges. Immutable. */
final class CharSet {
  static final int MAX = 0x10FFFF;
  static final CharSet ANY = of(0, MAX);
  static final CharSet NOT_NEWLINE = of('\n', '\n').negated();

  /** lo0, hi0, lo1, hi1, ... */
  private final int[] ranges;

  private CharSet(int[] ranges) {
    this.ranges = ranges;
  }

  /** Ranges given as lo, hi, lo, hi, ... in any order. */
  static CharSet of(int... pairs) {
    Builder builder = new Builder();
    for (int i = 0; i < pairs.length; i += 2) {
      builder.add(pairs[i], pairs[i + 1]);
    }
    return builder.build();
  }

  int size() {
    return ranges.length / 2;
  }

  int lo(int range) {
    return ranges[2 * range];
  }

  int hi(int range) {
    return ranges[2 * range + 1];
  }

  /** How many code points it has, at most {@code max} of them counted. */
  int count(int max) {
    long count = 0;
    for (int i = 0; i < size() && count < max; i++) {
      count += hi(i) - lo(i) + 1;
    }
    return (int) Math.min(count, max);
  }

  boolean contains(int codePoint) {
    for (int i = 0; i < size(); i++) {
      if (codePoint <= hi(i)) {
        return codePoint >= lo(i);
      }
    }
    return false;
  }

  CharSet negated() {
    int[] result = new int[ranges.length + 2];
    int used = 0;
    int next = 0;
    for (int i = 0; i < size(); i++) {
      if (lo(i) > next) {
        result[used++] = next;
        result[used++] = lo(i) - 1;
      }
      next = hi(i) + 1;
    }
    if (next <= MAX) {
      result[used++] = next;
      result[used++] = MAX;
    }
    return new CharSet(Arrays.copyOf(result, used));
  }

  /** With every code point all that differ from it only in case. */
  CharSet folded() {
    Builder builder = new Builder();
    builder.add(this);
    CaseFolds.addFolds(this, builder);
    return builder.build();
  }

  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return other instanceof CharSet set && Arrays.equals(ranges, set.ranges);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ranges);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < size(); i++) {
      text.append(String.format("\\x{%X}-\\x{%X}", lo(i), hi(i)));
    }
    return text.append(']').toString();
  }

  /** Collects ranges. */
  static final class Builder {
    private int[] pairs = new int[16];
    private int used;

    void add(int lo, int hi) {
      if (lo > hi) {
        return;
      }
      if (used >= 2 && lo >= pairs[used - 2] && lo <= pairs[used - 1] + 1) {
        pairs[used - 1] = Math.max(pairs[used - 1], hi);
        return;
      }
      if (used == pairs.length) {
        pairs = Arrays.copyOf(pairs, used * 2);
      }
      pairs[used++] = lo;
      pairs[used++] = hi;
    }

    void add(CharSet set) {
      for (int i = 0; i < set.size(); i++) {
        add(set.lo(i), set.hi(i));
      }
    }

    CharSet build() {
      long[] sorted = new long[used / 2];
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = (long) pairs[2 * i] << 32 | pairs[2 * i + 1];
      }
      Arrays.sort(sorted);
      int[] merged = new int[used];
      int size = 0;
      for (long pair : sorted) {
        int lo = (int) (pair >> 32);
        int hi = (int) pair;
        if (size > 0 && lo <= merged[size - 1] + 1) {
          merged[size - 1] = Math.max(merged[size - 1], hi);
        } else {
          merged[size++] = lo;
          merged[size++] = hi;
        }
      }
      return new CharSet(Arrays.copyOf(merged, size));
    }
  }
}
