package io.trilith.logstore;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.SortedSet;

/**
 * The read side of one tenant's logs: heads and blocks as one. Times are nanoseconds since 1970,
 * both ends included, and may be any long. Thread-safe. Close it when everything has been read: the
 * blocks that it, its sets and their cursors may read are kept until then.
 */
public interface StreamReader extends AutoCloseable {
  @Override
  default void close() {}

  /**
   * What the answer lacks by now: a sentence for each block that is left out and would have been
   * read.
   */
  default List<String> warnings() {
    return List.of();
  }

  /** Streams that match all matchers and may have entries in the range. */
  StreamSet select(List<Matcher> matchers, long minNanos, long maxNanos);

  /**
   * Label sets of the streams that match any of the selectors (all streams when there is none),
   * sorted.
   */
  List<Labels> streams(List<List<Matcher>> selectors, long minNanos, long maxNanos);

  SortedSet<String> labelNames(List<List<Matcher>> selectors, long minNanos, long maxNanos);

  SortedSet<String> labelValues(
      String name, List<List<Matcher>> selectors, long minNanos, long maxNanos);

  /** How much there is to read for a selector. Pages at the range's edges count whole. */
  Volume volume(List<Matcher> matchers, long minNanos, long maxNanos);

  /**
   * Counts of a selection.
   *
   * @param chunks pages in blocks and heads
   * @param bytes of lines
   */
  record Volume(long streams, long chunks, long entries, long bytes) {}
}
