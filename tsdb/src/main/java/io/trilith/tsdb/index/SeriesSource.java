package io.trilith.tsdb.index;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * A head or a block of one tenant, as a query sees it. Times in milliseconds, both ends included.
 * Thread-safe.
 */
public interface SeriesSource {
  /** The series that match and may have samples in the range. */
  SeriesSelection select(List<Matcher> matchers, long min, long max);

  /** As above, of series of which so much detail is enough; more may be given. */
  default SeriesSelection select(List<Matcher> matchers, Detail detail, long min, long max) {
    return select(matchers, min, max);
  }

  /** Hands over every such series, in order of labels. */
  default void select(List<Matcher> matchers, long min, long max, SeriesVisitor visitor) {
    SeriesSelection found = select(matchers, min, max);
    LabelNumbers numbers = new LabelNumbers();
    LabelWalk walk = found.walk(numbers);
    for (int i = 0; i < found.size(); i++) {
      int series = i;
      walk.moveTo(i);
      visitor.accept(
          numbers.labels(walk.labels(), walk.count()),
          (from, to, into) -> found.addTo(series, from, to, into));
    }
  }

  /**
   * Adds the names that matching series have: of all such series of the source when any sample of
   * it lies in the range.
   */
  void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into);

  /** Adds the values that a label has in such series. */
  void labelValues(String name, List<Matcher> matchers, long min, long max, TextSet into);

  /** Hands over every exemplar of the matching series in the range. */
  void exemplars(List<Matcher> matchers, long min, long max, ExemplarVisitor visitor);

  Map<String, MetricMetadata> metadata();

  /** The samples of one series in one source. */
  interface Samples {
    /**
     * Adds the samples of the range: later writes after earlier ones, so that keeping the last
     * keeps the latest.
     */
    void addTo(long min, long max, SampleBuffer into);
  }

  /** Takes series. */
  @FunctionalInterface
  interface SeriesVisitor {
    void accept(Labels labels, Samples samples);
  }

  /** Takes exemplars. */
  @FunctionalInterface
  interface ExemplarVisitor {
    void accept(Labels series, Exemplar exemplar);
  }
}
