package io.trilith.tsdb.index;

import io.trilith.tsdb.SampleBuffer;

/**
 * The series of one source that a selection found, in order of their labels, each once. They are
 * asked for by their place, from 0 on. Thread-safe.
 */
public interface SeriesSelection {
  int size();

  /**
   * Adds the samples of a series in the range: later writes after earlier ones, so that keeping the
   * last keeps the latest.
   */
  void addTo(int series, long min, long max, SampleBuffer into);

  /** A walk over the labels, with numbers shared by all walks that use the same table. */
  LabelWalk walk(LabelNumbers numbers);
}
