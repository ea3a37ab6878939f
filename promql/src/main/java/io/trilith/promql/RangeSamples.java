package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;

/**
 * The samples of one series as a range selector finds them, floats and histograms apart. Read-only.
 */
public final class RangeSamples {
  private final SampleColumns columns;

  RangeSamples(SampleColumns columns) {
    this.columns = columns;
  }

  public Labels labels() {
    return columns.labels;
  }

  public int floats() {
    return columns.floatCount;
  }

  public long time(int i) {
    return columns.floatTimes[i];
  }

  public double value(int i) {
    return columns.floats[i];
  }

  public int histograms() {
    return columns.histograms.length;
  }

  public long histogramTime(int i) {
    return columns.histogramTimes[i];
  }

  public FloatHistogram histogram(int i) {
    return columns.histograms[i];
  }
}
