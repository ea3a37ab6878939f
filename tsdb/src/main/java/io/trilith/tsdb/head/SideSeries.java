package io.trilith.tsdb.head;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a series of a head has beside its {@link FloatStreams stream}: floats that came late, which
 * win over those of the stream, and histograms. Sealed chunks and open windows: samples after the
 * last sealed time go to the main window; older ones to a late window, whose chunks are sealed
 * after the chunks they overlap and therefore win over them. Thread-safe by its own monitor.
 */
final class SideSeries {
  /** The objects around a chunk's bytes. */
  private static final int CHUNK_BYTES = 72;

  private final List<Chunk> chunks = new ArrayList<>(0);
  private final FloatWindow main = new FloatWindow();
  private @Nullable FloatWindow late;
  private @Nullable HistogramWindow histograms;
  private @Nullable HistogramWindow lateHistograms;
  private long sealedMax = Long.MIN_VALUE;
  private long min = Long.MAX_VALUE;
  private long max = Long.MIN_VALUE;

  /** Adds a float sample and returns by how many bytes the series grew. */
  synchronized int put(long time, long start, double value) {
    widen(time);
    HistogramWindow other = time > sealedMax ? histograms : lateHistograms;
    if (other != null) {
      other.remove(time);
    }
    FloatWindow window = floatsFor(time);
    int before = window.bytes();
    window.put(time, start, value);
    int grown = window.bytes() - before;
    return window.isFull() ? grown + seal(window.seal(), window == main) : grown;
  }

  /** Adds a histogram and returns by how many bytes the series grew, roughly. */
  synchronized int put(long time, long start, NativeHistogram histogram) {
    widen(time);
    FloatWindow other = time > sealedMax ? main : late;
    if (other != null) {
      other.remove(time);
    }
    boolean inOrder = time > sealedMax;
    HistogramWindow window = histogramsFor(inOrder);
    window.put(time, start, histogram);
    int grown = 160 + 8 * (histogram.positiveCounts().length + histogram.negativeCounts().length);
    return window.isFull() ? grown + seal(window.seal(), inOrder) : grown;
  }

  /**
   * What stands at a time, as far as it is not sealed: a histogram, the bits of a float as a Long,
   * or null.
   */
  synchronized @Nullable Object at(long time) {
    boolean inOrder = time > sealedMax;
    FloatWindow floats = inOrder ? main : late;
    HistogramWindow window = inOrder ? histograms : lateHistograms;
    Object found = floats == null ? null : floats.bitsAt(time);
    return found == null && window != null ? window.at(time) : found;
  }

  private FloatWindow floatsFor(long time) {
    if (time > sealedMax) {
      return main;
    }
    if (late == null) {
      late = new FloatWindow();
    }
    return late;
  }

  private HistogramWindow histogramsFor(boolean inOrder) {
    if (inOrder) {
      histograms = histograms == null ? new HistogramWindow() : histograms;
      return histograms;
    }
    lateHistograms = lateHistograms == null ? new HistogramWindow() : lateHistograms;
    return lateHistograms;
  }

  private int seal(Chunk chunk, boolean inOrder) {
    chunks.add(chunk);
    if (inOrder) {
      // The window of the other kind may reach back behind the new border: it goes with it.
      if (!main.isEmpty() && main.min() <= chunk.max()) {
        chunks.add(main.seal());
      }
      if (histograms != null && !histograms.isEmpty() && histograms.min() <= chunk.max()) {
        chunks.add(histograms.seal());
      }
      for (Chunk sealed : chunks) {
        sealedMax = Math.max(sealedMax, sealed.max());
      }
    }
    return chunk.data().length + CHUNK_BYTES;
  }

  private void widen(long time) {
    min = Math.min(min, time);
    max = Math.max(max, time);
  }

  synchronized boolean overlaps(long from, long to) {
    return min <= max && min <= to && max >= from;
  }

  /** Adds the samples of the range, later writes after earlier ones. */
  synchronized void addTo(long from, long to, SampleBuffer into) {
    for (int i = 0; i < chunks.size(); i++) {
      chunks.get(i).read(from, to, into);
    }
    if (late != null) {
      late.addTo(from, to, into);
    }
    if (lateHistograms != null) {
      lateHistograms.addTo(from, to, into);
    }
    main.addTo(from, to, into);
    if (histograms != null) {
      histograms.addTo(from, to, into);
    }
  }

  synchronized long min() {
    return min;
  }

  synchronized long max() {
    return max;
  }
}
