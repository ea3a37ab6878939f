package io.trilith.tracestore.block;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Where the values of one attribute are: which dense column, and which value of it. */
final class KeyPlaces {
  private static final int CHUNK = 512;

  private final int[] numbers;
  private final @Nullable Shapes shapes;

  /** Of each shape the columns of the key, by place in the numbers; the first one counts. */
  private final int[][] uses;

  /** Takes a row; column and position are negative when it does not have the attribute. */
  interface Visitor {
    void row(int row, int column, int position);
  }

  private KeyPlaces(int[] numbers, @Nullable Shapes shapes, int[][] uses) {
    this.numbers = numbers;
    this.shapes = shapes;
    this.uses = uses;
  }

  static KeyPlaces of(GroupColumns columns, int owner, String key) {
    GroupEntry entry = columns.entry();
    int[] all = entry.attributes(owner);
    int[] placeOf = new int[all.length];
    Arrays.fill(placeOf, -1);
    int[] numbers = new int[all.length];
    int found = 0;
    for (int i = 0; i < all.length; i++) {
      if (entry.columns().get(all[i]).key().equals(key)) {
        placeOf[i] = found;
        numbers[found++] = i;
      }
    }
    if (found == 0) {
      return new KeyPlaces(new int[0], null, new int[0][]);
    }
    Shapes shapes = columns.shapes(owner);
    int[][] uses = new int[shapes.shapes()][];
    for (int shape = 0; shape < uses.length; shape++) {
      uses[shape] =
          Arrays.stream(shapes.columns(shape))
              .map(column -> placeOf[column])
              .filter(place -> place >= 0)
              .toArray();
    }
    return new KeyPlaces(Arrays.copyOf(numbers, found), shapes, uses);
  }

  /** Whether no row has the attribute. */
  boolean isEmpty() {
    return numbers.length == 0;
  }

  int columns() {
    return numbers.length;
  }

  /** The number of a column among the owner's. */
  int column(int place) {
    return numbers[place];
  }

  /**
   * The rows whose value passes.
   *
   * @param passing by column the positions that pass
   * @param missing whether those pass that do not have the attribute
   */
  BitSet rows(BitSet[] passing, boolean missing) {
    if (shapes == null) {
      return new BitSet(0);
    }
    long[] words = new long[(shapes.rows() + 63) >>> 6];
    int[] next = new int[numbers.length];
    long[] chunk = new long[CHUNK];
    for (int from = 0; from < shapes.rows(); from += CHUNK) {
      int count = Math.min(CHUNK, shapes.rows() - from);
      shapes.numbers().unpack(from, count, chunk);
      for (int i = 0; i < count; i++) {
        int[] use = uses[(int) chunk[i]];
        boolean passes = missing;
        if (use.length > 0) {
          passes = passing[use[0]].get(next[use[0]]);
          for (int place : use) {
            next[place]++;
          }
        }
        int row = from + i;
        words[row >>> 6] |= passes ? 1L << row : 0;
      }
    }
    return BitSet.valueOf(words);
  }

  void forEach(Visitor visitor) {
    if (shapes == null) {
      return;
    }
    int[] next = new int[numbers.length];
    for (int row = 0; row < shapes.rows(); row++) {
      int[] use = uses[shapes.number(row)];
      if (use.length == 0) {
        visitor.row(row, -1, -1);
        continue;
      }
      visitor.row(row, use[0], next[use[0]]);
      for (int place : use) {
        next[place]++;
      }
    }
  }
}
