package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import org.jspecify.annotations.Nullable;

/** The samples of one series without stale markers, floats and histograms apart. */
final class SampleColumns {
  private static final long[] NO_TIMES = {};
  private static final int[] NO_FALLS = {};
  private static final FloatHistogram[] NO_HISTOGRAMS = {};

  final Labels labels;
  final boolean dropsName;
  final int floatCount;
  final long[] floatTimes;
  final double[] floats;

  /** Null when no sample says when its counter started. */
  final long @Nullable [] floatStarts;

  /** How many samples of the series each float stands for; null when each is one. */
  private final int @Nullable [] weights;

  final long[] histogramTimes;
  final FloatHistogram[] histograms;
  final long[] histogramStarts;

  private SampleColumns(
      Labels labels,
      boolean dropsName,
      int floatCount,
      boolean starts,
      boolean weighted,
      int histogramCount) {
    this.labels = labels;
    this.dropsName = dropsName;
    this.floatCount = floatCount;
    this.floatTimes = new long[floatCount];
    this.floats = new double[floatCount];
    this.floatStarts = starts ? new long[floatCount] : null;
    this.weights = weighted ? new int[floatCount] : null;
    this.histogramTimes = new long[histogramCount];
    this.histograms = new FloatHistogram[histogramCount];
    this.histogramStarts = new long[histogramCount];
  }

  /** Floats only, in arrays of somebody else's that may be longer. */
  private SampleColumns(Labels labels, long[] times, double[] values, int count) {
    this.labels = labels;
    this.dropsName = false;
    this.floatCount = count;
    this.floatTimes = times;
    this.floats = values;
    this.floatStarts = null;
    this.weights = null;
    this.histogramTimes = NO_TIMES;
    this.histograms = NO_HISTOGRAMS;
    this.histogramStarts = NO_TIMES;
  }

  /**
   * As {@link #of(Labels, SampleBuffer, boolean, boolean)}, but valid only until the buffer
   * changes.
   */
  static SampleColumns borrowed(
      Labels labels, SampleBuffer buffer, boolean detectResets, boolean useStarts) {
    if (buffer.hasHistograms() || buffer.hasWeights()) {
      return of(labels, buffer, detectResets, useStarts);
    }
    double[] values = buffer.values();
    boolean plain = true;
    for (int i = 0; i < buffer.size(); i++) {
      plain &= !StaleMarker.is(values[i]) && !(useStarts && buffer.startTimestamp(i) != 0);
    }
    return plain
        ? new SampleColumns(labels, buffer.timestamps(), values, buffer.size())
        : of(labels, buffer, detectResets, useStarts);
  }

  /** Whether floats may stand for several samples. */
  boolean weighted() {
    return weights != null;
  }

  /** How many samples the floats of a range stand for. */
  int samples(int from, int to) {
    if (weights == null) {
      return to - from;
    }
    int samples = 0;
    for (int i = from; i < to; i++) {
      samples += weights[i];
    }
    return samples;
  }

  /** Where the value is less than the one before, ascending. Takes a pass. */
  int[] falls() {
    int count = 0;
    for (int i = 1; i < floatCount; i++) {
      count += floats[i] < floats[i - 1] ? 1 : 0;
    }
    if (count == 0) {
      return NO_FALLS;
    }
    int[] falls = new int[count];
    int at = 0;
    for (int i = 1; i < floatCount; i++) {
      if (floats[i] < floats[i - 1]) {
        falls[at++] = i;
      }
    }
    return falls;
  }

  /**
   * The samples of a buffer.
   *
   * @param detectResets whether histograms get reset hints from their predecessors
   * @param useStarts whether start times count; else none is known
   */
  static SampleColumns of(
      Labels labels, SampleBuffer buffer, boolean detectResets, boolean useStarts) {
    int histogramCount = 0;
    int floatCount = 0;
    boolean starts = false;
    for (int i = 0; i < buffer.size(); i++) {
      starts |= useStarts && buffer.startTimestamp(i) != 0;
      NativeHistogram histogram = buffer.histogram(i);
      if (histogram == null) {
        floatCount += StaleMarker.is(buffer.values()[i]) ? 0 : 1;
      } else if (!histogram.isStale()) {
        histogramCount++;
      }
    }
    SampleColumns columns =
        new SampleColumns(labels, false, floatCount, starts, buffer.hasWeights(), histogramCount);
    columns.fill(buffer, detectResets, useStarts);
    return columns;
  }

  private void fill(SampleBuffer buffer, boolean detectResets, boolean useStarts) {
    int floatAt = 0;
    int histogramAt = 0;
    for (int i = 0; i < buffer.size(); i++) {
      NativeHistogram histogram = buffer.histogram(i);
      if (histogram == null) {
        if (!StaleMarker.is(buffer.values()[i])) {
          floatTimes[floatAt] = buffer.timestamps()[i];
          floats[floatAt] = buffer.values()[i];
          if (floatStarts != null) {
            floatStarts[floatAt] = buffer.startTimestamp(i);
          }
          if (weights != null) {
            weights[floatAt] = buffer.weight(i);
          }
          floatAt++;
        }
      } else if (!histogram.isStale()) {
        FloatHistogram before = histogramAt == 0 ? null : histograms[histogramAt - 1];
        histogramTimes[histogramAt] = buffer.timestamps()[i];
        histograms[histogramAt] = hinted(FloatHistogram.of(histogram), before, detectResets);
        histogramStarts[histogramAt++] = useStarts ? buffer.startTimestamp(i) : 0;
      }
    }
  }

  static FloatHistogram hinted(
      FloatHistogram histogram, @Nullable FloatHistogram before, boolean detect) {
    if (!detect || before == null || histogram.hint() != ResetHint.UNKNOWN) {
      return histogram;
    }
    return histogram.withHint(histogram.resetSince(before) ? ResetHint.YES : ResetHint.NO);
  }

  /** The points of a series over a grid of a subquery. */
  static SampleColumns of(Series series, io.trilith.engine.StepGrid grid) {
    int histogramCount = 0;
    for (int step = 0; step < grid.count(); step++) {
      histogramCount += series.has(step) && series.histogram(step) != null ? 1 : 0;
    }
    SampleColumns columns =
        new SampleColumns(
            series.labels(),
            series.dropsName(),
            series.points() - histogramCount,
            false,
            false,
            histogramCount);
    int floatAt = 0;
    int histogramAt = 0;
    for (int step = 0; step < grid.count(); step++) {
      if (!series.has(step)) {
        continue;
      }
      FloatHistogram histogram = series.histogram(step);
      if (histogram == null) {
        columns.floatTimes[floatAt] = grid.time(step);
        columns.floats[floatAt++] = series.value(step);
      } else {
        columns.histogramTimes[histogramAt] = grid.time(step);
        // Between the points of a subquery anything may have happened to a counter.
        columns.histograms[histogramAt++] =
            histogram.hint() == ResetHint.GAUGE ? histogram : histogram.withHint(ResetHint.UNKNOWN);
      }
    }
    return columns;
  }

  /** The samples after one time, up to another; the final labels. */
  SampleColumns between(long after, long until) {
    int floatFrom = firstAfter(floatTimes, floatCount, after);
    int floatTo = firstAfter(floatTimes, floatCount, until);
    int histogramFrom = firstAfter(histogramTimes, histogramTimes.length, after);
    int histogramTo = firstAfter(histogramTimes, histogramTimes.length, until);
    SampleColumns cut =
        new SampleColumns(
            dropsName ? NameRemoval.withoutName(labels) : labels,
            false,
            floatTo - floatFrom,
            false,
            false,
            histogramTo - histogramFrom);
    System.arraycopy(floatTimes, floatFrom, cut.floatTimes, 0, cut.floats.length);
    System.arraycopy(floats, floatFrom, cut.floats, 0, cut.floats.length);
    System.arraycopy(histogramTimes, histogramFrom, cut.histogramTimes, 0, cut.histograms.length);
    System.arraycopy(histograms, histogramFrom, cut.histograms, 0, cut.histograms.length);
    return cut;
  }

  private static int firstAfter(long[] times, int count, long time) {
    int at = 0;
    while (at < count && times[at] <= time) {
      at++;
    }
    return at;
  }
}
