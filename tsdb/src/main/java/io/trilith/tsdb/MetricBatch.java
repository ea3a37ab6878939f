package io.trilith.tsdb;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one request brings for one tenant, in columns: series by number, samples that name their
 * series by it. Built by a receiver, then handed to {@link MetricAppender#append}, which owns it
 * from there. Not thread-safe.
 */
public final class MetricBatch {
  private final List<Labels> series = new ArrayList<>();
  private int[] sampleSeries = new int[64];
  private long[] sampleTimes = new long[64];
  private long[] sampleStarts = new long[64];
  private double[] sampleValues = new double[64];
  private int samples;
  private final List<HistogramSample> histograms = new ArrayList<>();
  private final List<ExemplarOf> exemplars = new ArrayList<>();
  private final Map<String, MetricMetadata> metadata = new LinkedHashMap<>();

  /** A native histogram of a series. Times in milliseconds since 1970; start 0 when not known. */
  public record HistogramSample(
      int series, long timestamp, long startTimestamp, NativeHistogram histogram) {}

  /** An exemplar of a series. */
  public record ExemplarOf(int series, Exemplar exemplar) {}

  /** Adds a series and returns its number in this batch. The same labels may be added twice. */
  public int addSeries(Labels labels) {
    series.add(labels);
    return series.size() - 1;
  }

  /**
   * Adds a float sample; start 0 when the counter's start is not known. Stale markers are samples.
   */
  public void addSample(int seriesNumber, long timestampMillis, long startMillis, double value) {
    if (samples == sampleTimes.length) {
      int capacity = samples * 2;
      sampleSeries = Arrays.copyOf(sampleSeries, capacity);
      sampleTimes = Arrays.copyOf(sampleTimes, capacity);
      sampleStarts = Arrays.copyOf(sampleStarts, capacity);
      sampleValues = Arrays.copyOf(sampleValues, capacity);
    }
    sampleSeries[samples] = seriesNumber;
    sampleTimes[samples] = timestampMillis;
    sampleStarts[samples] = startMillis;
    sampleValues[samples] = value;
    samples++;
  }

  public void addHistogram(
      int seriesNumber, long timestampMillis, long startMillis, NativeHistogram histogram) {
    histograms.add(new HistogramSample(seriesNumber, timestampMillis, startMillis, histogram));
  }

  public void addExemplar(int seriesNumber, Exemplar exemplar) {
    exemplars.add(new ExemplarOf(seriesNumber, exemplar));
  }

  public void addMetadata(String metric, MetricMetadata entry) {
    metadata.put(metric, entry);
  }

  public List<Labels> series() {
    return series;
  }

  public int samples() {
    return samples;
  }

  public int sampleSeries(int i) {
    return sampleSeries[i];
  }

  public long sampleTime(int i) {
    return sampleTimes[i];
  }

  public long sampleStart(int i) {
    return sampleStarts[i];
  }

  public double sampleValue(int i) {
    return sampleValues[i];
  }

  public List<HistogramSample> histograms() {
    return histograms;
  }

  public List<ExemplarOf> exemplars() {
    return exemplars;
  }

  public Map<String, MetricMetadata> metadata() {
    return metadata;
  }

  public boolean isEmpty() {
    return samples == 0 && histograms.isEmpty() && exemplars.isEmpty() && metadata.isEmpty();
  }
}
