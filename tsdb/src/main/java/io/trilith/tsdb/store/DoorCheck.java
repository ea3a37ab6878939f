package io.trilith.tsdb.store;

import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, item by item, what is too old or too far ahead, before it comes into a log: what is in
 * the log is taken by all who read it. Used for one batch.
 */
public final class DoorCheck {
  private final DataAge age;
  private final long min;
  private final long max;
  private final List<SeriesRule> expired;
  private final long newestExpired;
  private long refused;
  private long firstTime;
  private Labels firstSeries = Labels.EMPTY;
  private @Nullable SeriesRule firstRule;

  /**
   * For times that are taken now.
   *
   * @param expired what policies of retention do not take any more
   */
  DoorCheck(DataAge age, List<SeriesRule> expired) {
    this.age = age;
    this.min = age.oldestTaken();
    this.max = age.maxMillis();
    this.expired = expired;
    long newest = Long.MIN_VALUE;
    for (SeriesRule rule : expired) {
      newest = Math.max(newest, rule.maxTime());
    }
    this.newestExpired = newest;
  }

  /** Samples and histograms refused. */
  public long refused() {
    return refused;
  }

  /** Why the first of them was; empty when none was. */
  public String reason() {
    if (refused == 0) {
      return "";
    }
    SeriesRule rule = firstRule;
    String why = rule == null ? age.reason(firstTime) : age.reason(firstTime, rule.source());
    return "series " + firstSeries + ": " + why;
  }

  private boolean passes(long time) {
    return time >= min && time <= max;
  }

  private boolean passes(long time, int series, MetricBatch batch) {
    SeriesRule rule = null;
    if (passes(time)) {
      if (time > newestExpired) {
        return true;
      }
      rule = expiredBy(batch.labels(series), time);
      if (rule == null) {
        return true;
      }
    }
    if (refused++ == 0) {
      firstTime = time;
      firstSeries = batch.labels(series);
      firstRule = rule;
    }
    return false;
  }

  private @Nullable SeriesRule expiredBy(Labels series, long time) {
    for (SeriesRule rule : expired) {
      if (rule.hides(series, time)) {
        return rule;
      }
    }
    return null;
  }

  /** Takes what is refused out of the batch. Exemplars go without a word. */
  public void filter(MetricBatch batch) {
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
