package io.trilith.tsdb.index;

/**
 * Goes from series to series of a {@link SeriesSelection} and tells their labels as numbers of a
 * {@link LabelNumbers}. Cheapest in ascending order. Not thread-safe.
 */
public interface LabelWalk {
  /**
   * Moves to a series and returns how many labels at its beginning are those of the series before,
   * exactly.
   */
  int moveTo(int series);

  /** Forgets all numbers, which have been reset, and numbers the labels it stands at anew. */
  void renumber();

  /** How many labels the series has. */
  int count();

  /** The numbers of the labels in order of their names, valid below {@link #count}; not kept. */
  int[] labels();
}
