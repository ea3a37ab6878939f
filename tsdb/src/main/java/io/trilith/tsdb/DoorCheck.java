package io.trilith.tsdb;

import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Labels;

/** Refuses, item by item, what is too old or too far ahead. Used for one batch. */
final class DoorCheck {
  private final long min;
  private final long max;
  private long rejected;
  private long firstTime;
  private Labels firstSeries = Labels.EMPTY;

  DoorCheck(long min, long max) {
    this.min = min;
    this.max = max;
  }

  long rejected() {
    return rejected;
  }

  /** Why the first item was refused; empty when none was. */
  String reason(DataAge age) {
    return rejected == 0 ? "" : "series " + firstSeries + ": " + age.reason(firstTime);
  }

  private boolean passes(long time) {
    return time >= min && time <= max;
  }

  private boolean passes(long time, int series, MetricBatch batch) {
    if (passes(time)) {
      return true;
    }
    if (rejected++ == 0) {
      firstTime = time;
      firstSeries = batch.labels(series);
    }
    return false;
  }

  /** Takes what is refused out of the batch. Exemplars go without a word. */
  void filter(MetricBatch batch) {
    int kept = 0;
    for (int i = 0; i < batch.samples(); i++) {
      if (passes(batch.sampleTime(i), batch.sampleSeries(i), batch)) {
        batch.moveSample(i, kept++);
      }
    }
    batch.truncateSamples(kept);
    batch.histograms().removeIf(one -> !passes(one.timestamp(), one.series(), batch));
    batch.exemplars().removeIf(one -> !passes(one.exemplar().timestamp()));
  }
}
