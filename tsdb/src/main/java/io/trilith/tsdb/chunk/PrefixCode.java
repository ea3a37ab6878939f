package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/**
 * A canonical prefix code made from counts, its codes as they stand in a stream that is read from
 * the lowest bit. Not thread-safe.
 */
final class PrefixCode {
  private static final int LOGARITHMS = 4096;
  private static final float[] TIMES_LOGARITHM = new float[LOGARITHMS];

  static {
    for (int i = 2; i < LOGARITHMS; i++) {
      TIMES_LOGARITHM[i] = (float) (i * Math.log(i) / Math.log(2));
    }
  }

  private final int[] counts = new int[LongFormat.SYMBOLS_MAX + 1];
  private final int[] lengths = new int[LongFormat.SYMBOLS_MAX + 1];
  private final int[] codes = new int[LongFormat.SYMBOLS_MAX + 1];

  // Scratch of the tree: leaves in order of count, then inner nodes.
  private final int[] leaves = new int[LongFormat.SYMBOLS_MAX + 1];
  private final int[] weights = new int[2 * LongFormat.SYMBOLS_MAX + 2];
  private final int[] parents = new int[2 * LongFormat.SYMBOLS_MAX + 2];

  void clear() {
    Arrays.fill(counts, 0);
  }

  void add(int symbol) {
    counts[symbol]++;
  }

  void add(int symbol, int times) {
    counts[symbol] += times;
  }

  int count(int symbol) {
    return counts[symbol];
  }

  int total(int symbols) {
    int total = 0;
    for (int i = 0; i < symbols; i++) {
      total += counts[i];
    }
    return total;
  }

  int used(int symbols) {
    int used = 0;
    for (int i = 0; i < symbols; i++) {
      used += counts[i] > 0 ? 1 : 0;
    }
    return used;
  }

  /** Bits that the symbols carry, roughly what their codes will take. */
  long entropyBits(int symbols) {
    int total = 0;
    double bits = 0;
    for (int i = 0; i < symbols; i++) {
      total += counts[i];
      bits -= timesLogarithm(counts[i]);
    }
    return Math.max(total, (long) (bits + timesLogarithm(total)));
  }

  private static double timesLogarithm(int n) {
    return n < LOGARITHMS ? TIMES_LOGARITHM[n] : n * Math.log(n) / Math.log(2);
  }

  int length(int symbol) {
    return lengths[symbol];
  }

  long bits(int symbol) {
    return codes[symbol];
  }

  /** Makes the codes of the counts and returns the symbol that is most common. */
  int assign(int symbols) {
    int common = 0;
    for (int i = 1; i < symbols; i++) {
      common = counts[i] > counts[common] ? i : common;
    }
    while (!assignLengths(symbols)) {
      // Flatter counts make shorter codes.
      for (int i = 0; i < symbols; i++) {
        counts[i] = counts[i] == 0 ? 0 : counts[i] / 2 + 1;
      }
    }
    int next = 0;
    for (int length = 1; length <= LongFormat.CODE_MAX; length++) {
      next <<= 1;
      for (int i = 0; i < symbols; i++) {
        if (lengths[i] == length) {
          codes[i] = Integer.reverse(next++) >>> (32 - length);
        }
      }
    }
    return common;
  }

  /** Fills in the lengths; false when one is too long. */
  private boolean assignLengths(int symbols) {
    int leafCount = 0;
    for (int i = 0; i < symbols; i++) {
      lengths[i] = 0;
      if (counts[i] > 0) {
        int to = leafCount++;
        for (; to > 0 && counts[leaves[to - 1]] > counts[i]; to--) {
          leaves[to] = leaves[to - 1];
        }
        leaves[to] = i;
      }
    }
    for (int i = 0; i < leafCount; i++) {
      weights[i] = counts[leaves[i]];
    }
    int leaf = 0;
    int inner = leafCount;
    int made = leafCount;
    int nodes = 2 * leafCount - 1;
    while (made < nodes) {
      int sum = 0;
      for (int child = 0; child < 2; child++) {
        boolean takeLeaf = leaf < leafCount && (inner >= made || weights[leaf] <= weights[inner]);
        int taken = takeLeaf ? leaf++ : inner++;
        sum += weights[taken];
        parents[taken] = made;
      }
      weights[made++] = sum;
    }
    // Depths from the root down take the place of weights.
    weights[nodes - 1] = 0;
    for (int i = nodes - 2; i >= 0; i--) {
      weights[i] = weights[parents[i]] + 1;
      if (weights[i] > LongFormat.CODE_MAX) {
        return false;
      }
    }
    for (int i = 0; i < leafCount; i++) {
      lengths[leaves[i]] = weights[i];
    }
    return true;
  }

  /**
   * Writes the lengths: 0 as the one before; 10 one more; 110 one less; 111 and four bits a length.
   */
  void putLengths(int symbols, ByteWriter out) {
    long pending = 0;
    int bits = 0;
    int before = LongFormat.FIRST_LENGTH;
    for (int i = 0; i < symbols; i++) {
      int step = lengths[i] - before;
      before = lengths[i];
      if (step == 0) {
        bits++;
      } else if (step == 1) {
        pending |= 1L << bits;
        bits += 2;
      } else if (step == -1) {
        pending |= 3L << bits;
        bits += 3;
      } else {
        pending |= (7L | ((long) lengths[i] << 3)) << bits;
        bits += 7;
      }
      for (; bits >= 8; bits -= 8) {
        out.putByte((int) pending);
        pending >>>= 8;
      }
    }
    if (bits > 0) {
      out.putByte((int) pending);
    }
  }
}
