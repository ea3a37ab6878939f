package io.trilith.tsdb.store;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.head.MetricHead;

/** Refuses, item by item, what is of series beyond the limit. Used for one batch. */
final class TooManySeries {
  private final Refused ofTenant = new Refused();
  private final Refused ofMetric = new Refused();

  /** What was refused by one limit. */
  static final class Refused {
    private long items;
    private Labels first = Labels.EMPTY;

    /** Samples and histograms refused. */
    long items() {
      return items;
    }

    /** A series that was; empty when none was. */
    Labels first() {
      return first;
    }
  }

  /** By the limit of all series. */
  Refused ofTenant() {
    return ofTenant;
  }

  /** By the limit of series of one metric. */
  Refused ofMetric() {
    return ofMetric;
  }

  /** Takes what is refused out of the batch. Exemplars go without a word. */
  void filter(MetricBatch batch, int[] numbers) {
    if (!hasRefused(numbers)) {
      return;
    }
    int kept = 0;
    for (int i = 0; i < batch.samples(); i++) {
      if (passes(batch, batch.sampleSeries(i), numbers)) {
        batch.moveSample(i, kept++);
      }
    }
    batch.truncateSamples(kept);
    batch.histograms().removeIf(one -> !passes(batch, one.series(), numbers));
    batch.exemplars().removeIf(one -> MetricHead.isRefused(numbers[one.series()]));
  }

  private static boolean hasRefused(int[] numbers) {
    for (int number : numbers) {
      if (MetricHead.isRefused(number)) {
        return true;
      }
    }
    return false;
  }

  private boolean passes(MetricBatch batch, int series, int[] numbers) {
    if (!MetricHead.isRefused(numbers[series])) {
      return true;
    }
    Refused by = numbers[series] == MetricHead.REFUSED ? ofTenant : ofMetric;
    if (by.items++ == 0) {
      by.first = batch.labels(series);
    }
    return false;
  }
}
