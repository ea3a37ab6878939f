package io.trilith.logstore;

import io.trilith.storage.model.Labels;

/** The streams a selection found, sorted by labels. Thread-safe; its cursors are not. */
public interface StreamSet {
  /** In which order of time a cursor walks. */
  enum Direction {
    FORWARD,
    BACKWARD
  }

  int size();

  Labels labels(int stream);

  /**
   * The entries of a stream with {@code minNanos <= time <= maxNanos}, exact duplicates (time, line
   * and metadata) once. Equal times come in order of arrival, backward in its reverse.
   */
  EntryCursor entries(int stream, long minNanos, long maxNanos, Direction direction);
}
