package io.trilith.tsdb;

import io.trilith.storage.model.Labels;

/**
 * The series a selection found, sorted by labels. A snapshot: later writes do not show.
 * Thread-safe.
 */
public interface SeriesSet {
  int size();

  Labels labels(int series);

  /**
   * Clears the buffer and fills it with the samples of a series in {@code [minMillis, maxMillis]}.
   */
  void read(int series, long minMillis, long maxMillis, SampleBuffer into);
}
