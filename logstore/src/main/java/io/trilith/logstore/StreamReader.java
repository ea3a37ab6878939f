package io.trilith.logstore;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.SortedSet;
import java.util.function.LongConsumer;

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

  /**
   * Streams that match all matchers and may have entries in the range. Here and below the charge is
   * told the bytes of what is held, and may throw.
   */
  StreamSet select(List<Matcher> matchers, long minNanos, long maxNanos, LongConsumer charge);

  /** As above, for callers who know that there are few. */
  default StreamSet select(List<Matcher> matchers, long minNanos, long maxNanos) {
    return select(matchers, minNanos, maxNanos, _ -> {});
  }

  /**
   * Label sets of the streams that match any of the selectors (all streams when there is none),
   * sorted.
   */
  List<Labels> streams(
      List<List<Matcher>> selectors, long minNanos, long maxNanos, LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default List<Labels> streams(List<List<Matcher>> selectors, long minNanos, long maxNanos) {
    return streams(selectors, minNanos, maxNanos, _ -> {});
  }

  /** Names of labels; the charge is told the bytes of what is held, and may throw. */
  SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minNanos, long maxNanos, LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minNanos, long maxNanos) {
    return labelNames(selectors, minNanos, maxNanos, _ -> {});
  }

  /** Values of a label; the charge is told the bytes of what is held, and may throw. */
  SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minNanos,
      long maxNanos,
      LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default SortedSet<String> labelValues(
      String name, List<List<Matcher>> selectors, long minNanos, long maxNanos) {
    return labelValues(name, selectors, minNanos, maxNanos, _ -> {});
  }

  /** How much there is to read for a selector. Pages at the range's edges count whole. */
  Volume volume(List<Matcher> matchers, long minNanos, long maxNanos, LongConsumer charge);

  /** As above, for callers who know that there are few streams. */
  default Volume volume(List<Matcher> matchers, long minNanos, long maxNanos) {
    return volume(matchers, minNanos, maxNanos, _ -> {});
  }

  /**
   * Counts of a selection.
   *
   * @param chunks pages in blocks and heads
   * @param bytes of lines
   */
  record Volume(long streams, long chunks, long entries, long bytes) {}
}
