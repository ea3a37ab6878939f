package io.trilith.tsdb;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.LongConsumer;

/**
 * The read side of one tenant's metrics: head and blocks merged, duplicates removed, the later
 * write winning at equal timestamps. Times are milliseconds since 1970, both ends included, and may
 * be any long. Thread-safe. Close it when everything has been read: what it may still read is kept
 * for it until then.
 */
public interface SeriesReader extends AutoCloseable {
  /**
   * Series that match all matchers and may have samples in the range.
   *
   * @param charge told of the bytes that each series found will take, before it takes them; throws
   *     when that is too much
   */
  SeriesSet select(List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge);

  /** Whether it is worth saying that less than every sample is enough. */
  default boolean hasAggregates() {
    return false;
  }

  /** As above, of series of which so much detail is enough; more may be given. */
  default SeriesSet select(
      List<Matcher> matchers, Detail detail, long minMillis, long maxMillis, LongConsumer charge) {
    return select(matchers, minMillis, maxMillis, charge);
  }

  /** As the first, for callers who know that the answer is small. */
  default SeriesSet select(List<Matcher> matchers, long minMillis, long maxMillis) {
    return select(matchers, minMillis, maxMillis, _ -> {});
  }

  /**
   * Label sets of the series that match any of the selectors (all series when there is none),
   * sorted.
   */
  List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default List<Labels> series(List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    return series(selectors, minMillis, maxMillis, _ -> {});
  }

  /** Names of labels; the charge is told the bytes of what is held, and may throw. */
  SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    return labelNames(selectors, minMillis, maxMillis, _ -> {});
  }

  /** Values of a label; the charge is told the bytes of what is held, and may throw. */
  SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minMillis,
      long maxMillis,
      LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default SortedSet<String> labelValues(
      String name, List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    return labelValues(name, selectors, minMillis, maxMillis, _ -> {});
  }

  /** Exemplars by series, of the series that match any of the selectors, ascending in time. */
  Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge);

  /** As above, for callers who know that the answer is small. */
  default Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    return exemplars(selectors, minMillis, maxMillis, _ -> {});
  }

  /** What is known of each metric name. */
  Map<String, MetricMetadata> metadata();

  /** What makes the tenant's recent series many: at most a number of each kind, largest first. */
  default Cardinality cardinality(int limit) {
    return Cardinality.NONE;
  }

  @Override
  default void close() {}

  /**
   * What the answer lacks by now: a sentence for each block that is left out and would have been
   * read.
   */
  default List<String> warnings() {
    return List.of();
  }
}
