package io.trilith.tsdb.store;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.head.MetricHead;

/** Refuses, item by item, what is of series beyond the limit. Used for one batch. */
final class TooManySeries {
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
    batch.exemplars().removeIf(one -> numbers[one.series()] == MetricHead.REFUSED);
  }

  private static boolean hasRefused(int[] numbers) {
    for (int number : numbers) {
      if (number == MetricHead.REFUSED) {
        return true;
      }
    }
    return false;
  }

  private boolean passes(MetricBatch batch, int series, int[] numbers) {
    if (numbers[series] != MetricHead.REFUSED) {
      return true;
    }
    if (items++ == 0) {
      first = batch.labels(series);
    }
    return false;
  }
}
