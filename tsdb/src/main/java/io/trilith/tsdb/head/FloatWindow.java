package io.trilith.tsdb.head;

import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.chunk.FloatCodec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The float samples of a series that are not sealed yet, sorted, one per timestamp. Confined to its
 * series' lock.
 */
final class FloatWindow {
  private static final int CAPACITY_MIN = 4;

  /**
   * A fourth of a chunk: plain samples take 16 bytes, sealed ones two or three. {@link ChunkMerge}
   * makes whole chunks of the fourths.
   */
  static final int SAMPLES_MAX = FloatCodec.CHUNK_SAMPLES / 4;

  private long[] times = new long[CAPACITY_MIN];
  private double[] values = new double[CAPACITY_MIN];
  private long @Nullable [] starts;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  boolean isFull() {
    return size == SAMPLES_MAX;
  }

  long min() {
    return times[0];
  }

  long max() {
    return times[size - 1];
  }

  /** Bytes of its arrays. */
  int bytes() {
    return times.length * (starts == null ? 16 : 24);
  }

  /** Adds a sample; at an equal timestamp it replaces. */
  void put(long time, long start, double value) {
    int at = size;
    if (size > 0 && time <= times[size - 1]) {
      at = Arrays.binarySearch(times, 0, size, time);
      if (at >= 0) {
        values[at] = value;
        setStart(at, start);
        return;
      }
      at = -at - 1;
    }
    insert(at);
    times[at] = time;
    values[at] = value;
    setStart(at, start);
  }

  /** The bits of the sample at a time, null when there is none. */
  @Nullable Long bitsAt(long time) {
    int at = size == 0 ? -1 : Arrays.binarySearch(times, 0, size, time);
    return at < 0 ? null : Double.doubleToRawLongBits(values[at]);
  }

  private void setStart(int at, long start) {
    if (starts == null) {
      if (start == 0) {
        return;
      }
      starts = new long[times.length];
    }
    starts[at] = start;
  }

  private void insert(int at) {
    if (size == times.length) {
      int capacity = Math.min(SAMPLES_MAX, size * 2);
      times = Arrays.copyOf(times, capacity);
      values = Arrays.copyOf(values, capacity);
      starts = starts == null ? null : Arrays.copyOf(starts, capacity);
    }
    System.arraycopy(times, at, times, at + 1, size - at);
    System.arraycopy(values, at, values, at + 1, size - at);
    if (starts != null) {
      System.arraycopy(starts, at, starts, at + 1, size - at);
      starts[at] = 0;
    }
    size++;
  }

  /** Takes a timestamp out: a sample of the other kind has replaced it. */
  void remove(long time) {
    int at = size == 0 ? -1 : Arrays.binarySearch(times, 0, size, time);
    if (at < 0) {
      return;
    }
    size--;
    System.arraycopy(times, at + 1, times, at, size - at);
    System.arraycopy(values, at + 1, values, at, size - at);
    if (starts != null) {
      System.arraycopy(starts, at + 1, starts, at, size - at);
    }
  }

  /** A chunk of everything; the window is empty afterwards. */
  Chunk seal() {
    Chunk chunk = FloatCodec.encode(times, starts, values, size);
    size = 0;
    starts = null;
    return chunk;
  }

  void addTo(long min, long max, SampleBuffer into) {
    for (int i = 0; i < size; i++) {
      if (times[i] >= min && times[i] <= max) {
        into.add(times[i], values[i]);
        if (starts != null) {
          into.startedAt(starts[i]);
        }
      }
    }
  }
}
