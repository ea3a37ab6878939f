package io.trilith.promql;

import io.trilith.engine.Presence;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * One series over the steps of a grid: at each step a float, a histogram or nothing. Filled by one
 * operator, read-only from then on; those that go through a {@link SeriesSink} are reused.
 */
public final class Series {
  /** What a histogram of a few buckets holds. */
  static final int HISTOGRAM_BYTES = 256;

  private Labels labels;
  private boolean dropsName;
  private final double[] values;
  private final Presence presence;
  private @Nullable FloatHistogram @Nullable [] histograms;

  Series(Labels labels, boolean dropsName, int steps) {
    this(labels, dropsName, new double[steps], new Presence(steps), null);
  }

  private Series(
      Labels labels,
      boolean dropsName,
      double[] values,
      Presence presence,
      @Nullable FloatHistogram @Nullable [] histograms) {
    this.labels = labels;
    this.dropsName = dropsName;
    this.values = values;
    this.presence = presence;
    this.histograms = histograms;
  }

  /** Bytes that a series of floats holds. */
  static long bytes(int steps) {
    return 8L * steps + steps / 8 + 112;
  }

  /** Bytes that this series of floats holds, with its labels. */
  long bytes() {
    return bytes(steps()) + labels.bytes();
  }

  /** Empties it to be filled anew, under other labels. */
  void reset(Labels other, boolean drops) {
    labels = other;
    dropsName = drops;
    presence.clear();
    histograms = null;
  }

  /** A copy of its own. */
  Series copy() {
    return new Series(
        labels,
        dropsName,
        values.clone(),
        presence.copy(),
        histograms == null ? null : histograms.clone());
  }

  /** Bytes, roughly, that its histograms hold. */
  long histogramBytes() {
    return histograms == null ? 0 : (8L + HISTOGRAM_BYTES) * values.length;
  }

  boolean hasHistograms() {
    return histograms != null;
  }

  /** Values by step; meaningless where there is none or a histogram. */
  double[] values() {
    return values;
  }

  Presence presence() {
    return presence;
  }

  public Labels labels() {
    return labels;
  }

  /** Whether the metric name is to go at the end of the evaluation. */
  boolean dropsName() {
    return dropsName;
  }

  /** The same points under other labels. */
  Series as(Labels other, boolean drops) {
    return new Series(other, drops, values, presence, histograms);
  }

  public int steps() {
    return values.length;
  }

  public boolean has(int step) {
    return presence.has(step);
  }

  public boolean isEmpty() {
    return presence.count() == 0;
  }

  /** How many steps have a value. */
  public int points() {
    return presence.count();
  }

  /** Meaningless where {@link #histogram} is not null. */
  public double value(int step) {
    return values[step];
  }

  public @Nullable FloatHistogram histogram(int step) {
    return histograms == null ? null : histograms[step];
  }

  void set(int step, double value) {
    values[step] = value;
    presence.set(step);
    if (histograms != null) {
      histograms[step] = null;
    }
  }

  void set(int step, FloatHistogram histogram) {
    if (histograms == null) {
      histograms = new FloatHistogram[values.length];
    }
    histograms[step] = histogram;
    presence.set(step);
  }

  /** Takes over the point of another series. */
  void copy(int step, Series from, int fromStep) {
    FloatHistogram histogram = from.histogram(fromStep);
    if (histogram == null) {
      set(step, from.values[fromStep]);
    } else {
      set(step, histogram);
    }
  }
}
