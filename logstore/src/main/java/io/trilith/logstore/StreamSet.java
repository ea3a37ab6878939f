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
  EntryCursor entries(int stream, long minNanos, long maxNanos, Direction direction, Scan scan);

  /** As above, all of them. */
  default EntryCursor entries(int stream, long minNanos, long maxNanos, Direction direction) {
    return entries(stream, minNanos, maxNanos, direction, Scan.everything());
  }

  /**
   * Counts entries and bytes of lines of a stream between bounds without showing them: {@code
   * entries[i]} grows by those with {@code bounds[i] < time <= bounds[i + 1]}, {@code bytes[i]} by
   * their lines' lengths.
   *
   * @param bounds ascending, nanoseconds; one more than there are counts
   * @param bytes as long as entries, or empty when nobody wants to know: then no length is read
   */
  default void count(int stream, long[] bounds, long[] entries, long[] bytes, Scan scan) {
    long last = bounds[bounds.length - 1];
    EntryCursor cursor = entries(stream, bounds[0] + 1, last, Direction.FORWARD, scan);
    int at = 0;
    while (cursor.next()) {
      while (cursor.timestamp() > bounds[at + 1]) {
        at++;
      }
      entries[at]++;
      if (bytes.length > 0) {
        bytes[at] += cursor.lineLength();
      }
    }
  }
}
