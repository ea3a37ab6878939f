package io.trilith.tsdb.head;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The native histograms of a series that are not sealed yet, one per timestamp. Confined to its
 * series' lock.
 */
final class HistogramWindow {
  /** By timestamp. Histograms are large and few, so a tree costs nothing beside them. */
  private final TreeMap<Long, Started> samples = new TreeMap<>();

  private record Started(long start, NativeHistogram histogram) {}

  boolean isEmpty() {
    return samples.isEmpty();
  }

  boolean isFull() {
    return samples.size() >= HistogramCodec.CHUNK_SAMPLES;
  }

  long min() {
    return samples.firstKey();
  }

  long max() {
    return samples.lastKey();
  }

  void put(long time, long start, NativeHistogram histogram) {
    samples.put(time, new Started(start, histogram));
  }

  /** The histogram at a time, null when there is none. */
  @Nullable NativeHistogram at(long time) {
    Started found = samples.get(time);
    return found == null ? null : found.histogram;
  }

  void remove(long time) {
    samples.remove(time);
  }

  Chunk seal() {
    int count = samples.size();
    long[] times = new long[count];
    long[] starts = new long[count];
    NativeHistogram[] histograms = new NativeHistogram[count];
    int at = 0;
    for (Map.Entry<Long, Started> sample : samples.entrySet()) {
      times[at] = sample.getKey();
      starts[at] = sample.getValue().start;
      histograms[at++] = sample.getValue().histogram;
    }
    samples.clear();
    boolean anyStart = Arrays.stream(starts).anyMatch(start -> start != 0);
    return HistogramCodec.encode(times, anyStart ? starts : null, histograms, count);
  }

  void addTo(long min, long max, SampleBuffer into) {
    for (Map.Entry<Long, Started> sample : samples.subMap(min, true, max, true).entrySet()) {
      into.add(sample.getKey(), sample.getValue().histogram);
      into.startedAt(sample.getValue().start);
    }
  }
}
