package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;

/**
 * The samples of one series in {@code (start, end]}, moved along from step to step. Confined to one
 * thread.
 */
final class Window {
  final SampleColumns columns;
  final Lane lane;
  final int position;
  int step;
  long start;
  long end;
  private int floatFrom;
  private int floatTo;
  private int histogramFrom;
  private int histogramTo;

  /** A window over the columns; annotations are about the given place in the query. */
  Window(SampleColumns columns, Lane lane, int position) {
    this.columns = columns;
    this.lane = lane;
    this.position = position;
  }

  /** Moves both edges, never back. */
  void moveTo(int newStep, long newStart, long newEnd) {
    moveTo(newStep, newStart, newEnd, newStart, newEnd);
  }

  /** As above, holding samples of a wider range than the window is about. */
  void moveTo(int newStep, long newStart, long newEnd, long after, long until) {
    step = newStep;
    start = newStart;
    end = newEnd;
    floatTo = advance(columns.floatTimes, columns.floatCount, floatTo, until);
    floatFrom = advance(columns.floatTimes, columns.floatCount, floatFrom, after);
    histogramTo =
        advance(columns.histogramTimes, columns.histogramTimes.length, histogramTo, until);
    histogramFrom =
        advance(columns.histogramTimes, columns.histogramTimes.length, histogramFrom, after);
  }

  private static int advance(long[] times, int count, int from, long upTo) {
    int at = from;
    while (at < count && times[at] <= upTo) {
      at++;
    }
    return at;
  }

  /** How many samples each window of the columns holds. */
  long[] sizes(StepTimes ends, long range, int steps) {
    Window over = new Window(columns, lane, position);
    long[] sizes = new long[steps];
    for (int at = 0; at < steps; at++) {
      over.moveTo(at, ends.at(at) - range, ends.at(at));
      sizes[at] = (long) over.floats() + over.histograms();
    }
    return sizes;
  }

  /** Where its floats begin among those of the columns. */
  int floatFrom() {
    return floatFrom;
  }

  /** How many samples its floats stand for. */
  int floatSamples() {
    return columns.samples(floatFrom, floatTo);
  }

  int floats() {
    return floatTo - floatFrom;
  }

  int histograms() {
    return histogramTo - histogramFrom;
  }

  double value(int i) {
    return columns.floats[floatFrom + i];
  }

  long time(int i) {
    return columns.floatTimes[floatFrom + i];
  }

  long startTime(int i) {
    return columns.floatStarts == null ? 0 : columns.floatStarts[floatFrom + i];
  }

  FloatHistogram histogram(int i) {
    return columns.histograms[histogramFrom + i];
  }

  long histogramTime(int i) {
    return columns.histogramTimes[histogramFrom + i];
  }

  long histogramStartTime(int i) {
    return columns.histogramStarts[histogramFrom + i];
  }

  String metric() {
    Labels labels = columns.labels;
    boolean first = !labels.isEmpty() && labels.name(0).equals(Labels.NAME);
    return first ? labels.value(0) : labels.get(Labels.NAME);
  }

  void warn(String text) {
    lane.warn(text, position);
  }

  void info(String text) {
    lane.info(text, position);
  }

  void warnMixed() {
    warn("encountered a mix of histograms and floats for metric name \"" + metric() + "\"");
  }

  void warnMixedSchemas() {
    warn(
        "vector contains a mix of histograms with exponential and custom buckets schemas for metric"
            + " name \""
            + metric()
            + "\"");
  }
}
