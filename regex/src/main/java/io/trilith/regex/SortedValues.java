package io.trilith.regex;

/**
 * The distinct values of a label as a table: sorted in any order in which values that begin alike
 * are neighbours, as they are by bytes and by {@link String#compareTo}.
 */
public interface SortedValues {
  int size();

  /** Points at the UTF-8 of the value with a number from 0 to size - 1. */
  void read(int ordinal, ValueBytes into);

  /** The number of a value, or {@code -(number of the first greater one) - 1}. */
  int find(byte[] utf8);
}
