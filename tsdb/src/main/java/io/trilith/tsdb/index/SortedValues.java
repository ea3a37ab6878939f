package io.trilith.tsdb.index;

/**
 * The distinct values of one label, ascending in the order of their UTF-8 bytes. May keep its place
 * from call to call, so ask in ascending order; not thread-safe.
 */
public interface SortedValues {
  int size();

  /** The value at a place below {@link #size}. */
  String at(int place);
}
