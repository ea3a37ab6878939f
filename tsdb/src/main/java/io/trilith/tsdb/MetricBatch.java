package io.trilith.tsdb;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one request brings for one tenant, in columns: series by number, each with its {@link
 * SeriesKey}, and samples that name their series by number. A key stands in the message it came in
 * or in the batch's own bytes. Built by a receiver, then handed to {@code MetricAppender}, which
 * owns it, and the message, until it returns: then both may be used again. Not thread-safe.
 */
public final class MetricBatch {
  private static final int HISTOGRAM_BYTES = 300;
  private static final int EXEMPLAR_BYTES = 150;
  private static final int METADATA_BYTES = 150;

  private byte[] message;
  private @Nullable KeyScanner scanner;
  private final ByteWriter ownKeys = new ByteWriter();
  private int series;
  private int[] keyLengths = new int[64];

  /** In the message, or, complemented, in the own bytes. */
  private int[] keyOffsets = new int[64];

  private int[] sampleSeries = new int[64];
  private long[] sampleTimes = new long[64];
  private long[] sampleStarts = new long[64];
  private double[] sampleValues = new double[64];
  private int samples;
  private final List<HistogramSample> histograms = new ArrayList<>();
  private final List<ExemplarOf> exemplars = new ArrayList<>();
  private final Map<String, MetricMetadata> metadata = new LinkedHashMap<>();

  /** The series of which the head found a sample that is not later than the one before. */
  private final BitSet unordered = new BitSet();

  /** Floats, then histograms, that took the place of another one the head had. */
  private final BitSet replacing = new BitSet();

  /** Bytes of histograms, exemplars and metadata, roughly. */
  private long objectBytes;

  /** A native histogram of a series. Times in milliseconds since 1970; start 0 when not known. */
  public record HistogramSample(
      int series, long timestamp, long startTimestamp, NativeHistogram histogram) {}

  /** An exemplar of a series. */
  public record ExemplarOf(int series, Exemplar exemplar) {}

  /**
   * Says that a key which nobody knew yet and nobody had checked is none: the receiver must read
   * the message with care. Nothing of the batch was stored.
   */
  @SuppressWarnings("serial") // never serialised
  public static final class UnfitKeyException extends RuntimeException {
    UnfitKeyException() {
      super("a series of the batch does not begin with a key", null, false, false);
    }
  }

  public MetricBatch() {
    this(new byte[0], null);
  }

  /**
   * A batch some of whose keys stand in this message, which must not change any more.
   *
   * @param scanner tells of these whether they are keys, when they are not known to be: what is
   *     equal to a known key needs no look. Null when all have been checked.
   */
  public MetricBatch(byte[] message, @Nullable KeyScanner scanner) {
    this.message = message;
    this.scanner = scanner;
  }

  /** Makes it empty, for another message and scanner. */
  public void reset(byte[] nextMessage, @Nullable KeyScanner nextScanner) {
    message = nextMessage;
    scanner = nextScanner;
    clear();
  }

  /** Makes it empty, for more of the same message. */
  public void clear() {
    ownKeys.clear();
    series = 0;
    samples = 0;
    unordered.clear();
    replacing.clear();
    histograms.clear();
    exemplars.clear();
    metadata.clear();
    objectBytes = 0;
  }

  /** Bytes that its content takes, roughly. */
  public long heldBytes() {
    return ownKeys.size() + 8L * series + 28L * samples + objectBytes;
  }

  /** Bytes that the arrays of keys and samples take, in use or not. */
  public long capacityBytes() {
    return ownKeys.array().length + 8L * keyOffsets.length + 28L * sampleTimes.length;
  }

  /** Throws {@link UnfitKeyException} unless a series' key is one. */
  public void checkKey(int seriesNumber) {
    int offset = keyOffsets[seriesNumber];
    if (scanner == null || offset < 0) {
      return;
    }
    int end = offset + keyLengths[seriesNumber];
    if (scanner.scan(message, offset, end) != end) {
      throw new UnfitKeyException();
    }
  }

  /** Adds a series and returns its number in this batch. The same labels may be added twice. */
  public int addSeries(Labels labels) {
    int from = ownKeys.size();
    SeriesKey.put(labels, ownKeys);
    return addOwnSeries(from);
  }

  /** Adds a series whose key stands in the message. */
  public int addMessageSeries(int from, int length) {
    return add(from, length);
  }

  /** Where a receiver writes a key before it calls {@link #addOwnSeries}. */
  public ByteWriter ownKeys() {
    return ownKeys;
  }

  /** Adds a series whose key is what was written into {@link #ownKeys} from there on. */
  public int addOwnSeries(int from) {
    return add(~from, ownKeys.size() - from);
  }

  private int add(int offset, int length) {
    if (series == keyOffsets.length) {
      keyOffsets = Arrays.copyOf(keyOffsets, series * 2);
      keyLengths = Arrays.copyOf(keyLengths, series * 2);
    }
    keyOffsets[series] = offset;
    keyLengths[series] = length;
    return series++;
  }

  public int seriesCount() {
    return series;
  }

  /** The array in which the key of a series stands. */
  public byte[] keyBytes(int seriesNumber) {
    return keyOffsets[seriesNumber] < 0 ? ownKeys.array() : message;
  }

  public int keyOffset(int seriesNumber) {
    int offset = keyOffsets[seriesNumber];
    return offset < 0 ? ~offset : offset;
  }

  public int keyLength(int seriesNumber) {
    return keyLengths[seriesNumber];
  }

  /** The key of a series, made anew. */
  public byte[] keyCopy(int seriesNumber) {
    int from = keyOffset(seriesNumber);
    return Arrays.copyOfRange(keyBytes(seriesNumber), from, from + keyLengths[seriesNumber]);
  }

  /** The labels of a series, made anew. */
  public Labels labels(int seriesNumber) {
    return Objects.requireNonNull(
        SeriesKey.labels(
            keyBytes(seriesNumber),
            keyOffset(seriesNumber),
            keyLength(seriesNumber),
            new LabelStrings()),
        "receivers write whole keys");
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

  /**
   * Gives a series another key, which was written into {@link #ownKeys} from there on and keeps
   * every rule.
   */
  public void replaceKey(int seriesNumber, int from) {
    keyOffsets[seriesNumber] = ~from;
    keyLengths[seriesNumber] = ownKeys.size() - from;
  }

  /**
   * Takes out the samples, histograms and exemplars of some series; returns how many samples and
   * histograms.
   */
  public long removeSeries(BitSet unwanted) {
    int kept = 0;
    for (int i = 0; i < samples; i++) {
      if (!unwanted.get(sampleSeries[i])) {
        moveSample(i, kept++);
      }
    }
    long removed = samples - kept + (long) histograms.size();
    samples = kept;
    histograms.removeIf(one -> unwanted.get(one.series()));
    exemplars.removeIf(one -> unwanted.get(one.series()));
    return removed - histograms.size();
  }

  /** Forgets the samples added after there were this many. */
  public void truncateSamples(int count) {
    samples = count;
  }

  /** Moves a sample to a lower place. */
  public void moveSample(int from, int to) {
    if (from != to) {
      sampleSeries[to] = sampleSeries[from];
      sampleTimes[to] = sampleTimes[from];
      sampleStarts[to] = sampleStarts[from];
      sampleValues[to] = sampleValues[from];
    }
  }

  public void addHistogram(
      int seriesNumber, long timestampMillis, long startMillis, NativeHistogram histogram) {
    objectBytes += HISTOGRAM_BYTES + 8L * histogram.numbers();
    histograms.add(new HistogramSample(seriesNumber, timestampMillis, startMillis, histogram));
  }

  public void addExemplar(int seriesNumber, Exemplar exemplar) {
    objectBytes += EXEMPLAR_BYTES + exemplar.labels().bytes();
    exemplars.add(new ExemplarOf(seriesNumber, exemplar));
  }

  /** Puts an exemplar of the same series in the place of another one. */
  public void replaceExemplar(int number, Exemplar exemplar) {
    exemplars.set(number, new ExemplarOf(exemplars.get(number).series(), exemplar));
  }

  public void addMetadata(String metric, MetricMetadata entry) {
    objectBytes += METADATA_BYTES + metric.length() + entry.unit().length() + entry.help().length();
    metadata.put(metric, entry);
  }

  /** Says of a series that a sample of it is not later than one that the head had. */
  public void noteUnordered(int seriesNumber) {
    unordered.set(seriesNumber);
  }

  /** The series of which that was said. Do not change it. */
  public BitSet unordered() {
    return unordered;
  }

  /** Says of a float that it took the place of another one with another value. */
  public void noteReplacing(int sample) {
    replacing.set(sample);
  }

  /** Says the same of a histogram. Floats must have been added before. */
  public void noteReplacingHistogram(int histogram) {
    replacing.set(samples + histogram);
  }

  /** Whether that was said of a float or, behind all floats, a histogram. */
  public boolean isReplacing(int item) {
    return replacing.get(item);
  }

  /** The labels of all series, made anew: for messages and tests. */
  public List<Labels> series() {
    List<Labels> all = new ArrayList<>(series);
    for (int i = 0; i < series; i++) {
      all.add(labels(i));
    }
    return all;
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
