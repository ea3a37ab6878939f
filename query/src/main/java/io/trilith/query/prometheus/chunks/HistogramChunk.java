package io.trilith.query.prometheus.chunks;

import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.SampleBuffer;
import java.util.Arrays;

/**
 * Histograms of one layout as a chunk: integers as differences of differences, floats as XOR. Not
 * thread-safe.
 */
final class HistogramChunk {
  private final BitStream out = new BitStream();
  private XorValue[] columns = new XorValue[0];
  private long[] before = new long[0];
  private long[] stepBefore = new long[0];

  /**
   * Whether a histogram may stand in one chunk behind another: same kind and layout, and nothing
   * counted down.
   */
  static boolean continues(NativeHistogram a, NativeHistogram b) {
    boolean gauge = a.resetHint() == ResetHint.GAUGE;
    if (a.integer() != b.integer()
        || gauge != (b.resetHint() == ResetHint.GAUGE)
        || a.isStale() != b.isStale()
        || a.schema() != b.schema()
        || Double.compare(a.zeroThreshold(), b.zeroThreshold()) != 0
        || !Arrays.equals(a.positiveOffsets(), b.positiveOffsets())
        || !Arrays.equals(a.positiveLengths(), b.positiveLengths())
        || !Arrays.equals(a.negativeOffsets(), b.negativeOffsets())
        || !Arrays.equals(a.negativeLengths(), b.negativeLengths())
        || !Arrays.equals(a.customBounds(), b.customBounds())) {
      return false;
    }
    return gauge
        || (b.resetHint() != ResetHint.YES
            && b.count() >= a.count()
            && b.zeroCount() >= a.zeroCount()
            && grows(a.positiveCounts(), b.positiveCounts())
            && grows(a.negativeCounts(), b.negativeCounts()));
  }

  private static boolean grows(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      if (b[i] < a[i]) {
        return false;
      }
    }
    return true;
  }

  /** The samples from one place to before another, each of which continues the one before. */
  byte[] encode(SampleBuffer samples, int from, int to) {
    out.clear();
    out.put(to - from, 16);
    NativeHistogram first = histogram(samples, from);
    int hint =
        switch (first.resetHint()) {
          case UNKNOWN -> 0b00;
          case NO -> 0b01;
          case YES -> 0b10;
          case GAUGE -> 0b11;
        };
    out.put((long) hint << 6, 8);
    layout(first);
    int size = first.positiveCounts().length + first.negativeCounts().length;
    if (first.integer()) {
      integers(samples, from, to, size);
    } else {
      floats(samples, from, to, size);
    }
    return out.toBytes();
  }

  private static NativeHistogram histogram(SampleBuffer samples, int i) {
    NativeHistogram histogram = samples.histogram(i);
    if (histogram == null) {
      throw new IllegalArgumentException("sample " + i + " is a float");
    }
    return histogram;
  }

  private void layout(NativeHistogram h) {
    zeroThreshold(h.zeroThreshold());
    out.putSigned(h.schema());
    spans(h.positiveOffsets(), h.positiveLengths());
    spans(h.negativeOffsets(), h.negativeLengths());
    if (h.hasCustomBounds()) {
      out.putUnsigned(h.customBounds().length);
      for (double bound : h.customBounds()) {
        customBound(bound);
      }
    }
  }

  /** A power of two in one byte, zero as 0, all else whole behind 255. */
  private void zeroThreshold(double threshold) {
    int exponent = Math.getExponent(threshold) + 1;
    if (threshold == 0) {
      out.put(0, 8);
    } else if (threshold == Math.scalb(0.5, exponent) && exponent >= -242 && exponent <= 11) {
      out.put(exponent + 243, 8);
    } else {
      out.put(255, 8);
      out.putDouble(threshold);
    }
  }

  /** Thousandths as numbers, all else whole behind a zero bit. */
  private void customBound(double bound) {
    double thousandths = bound * 1000;
    boolean whole =
        thousandths >= 0 && thousandths <= 33_554_430 && Math.rint(thousandths) / 1000 == bound;
    if (whole) {
      out.putUnsigned((long) Math.rint(thousandths) + 1);
    } else {
      out.put(0, 1);
      out.putDouble(bound);
    }
  }

  private void spans(int[] offsets, int[] lengths) {
    out.putUnsigned(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      out.putUnsigned(lengths[i]);
      out.putSigned(offsets[i]);
    }
  }

  private void integers(SampleBuffer samples, int from, int to, int size) {
    XorValue sum = new XorValue();
    before = sized(before, size + 3);
    stepBefore = sized(stepBefore, size + 3);
    long[] now = new long[size + 3];
    for (int i = from; i < to; i++) {
      NativeHistogram h = histogram(samples, i);
      columns(h, samples.timestamps()[i], now);
      for (int c = 0; c < now.length; c++) {
        long step = now[c] - before[c];
        // Time, count and count of zeros come first, then the sum, then the buckets.
        if (c == 3) {
          sum(sum, h, i == from);
        }
        if (i == from) {
          first(c, now[c]);
        } else if (i == from + 1) {
          second(c, step);
        } else {
          out.putSigned(step - stepBefore[c]);
        }
        stepBefore[c] = step;
        before[c] = now[c];
      }
      if (now.length == 3) {
        sum(sum, h, i == from);
      }
    }
  }

  private void sum(XorValue sum, NativeHistogram h, boolean first) {
    if (first) {
      sum.first(out, h.sum());
    } else {
      sum.next(out, h.sum());
    }
  }

  private void first(int column, long value) {
    if (column == 1 || column == 2) {
      out.putUnsigned(value);
    } else {
      out.putSigned(value);
    }
  }

  private void second(int column, long step) {
    if (column == 0) {
      out.putUnsigned(step);
    } else {
      out.putSigned(step);
    }
  }

  private static long[] sized(long[] array, int size) {
    return array.length == size ? array : new long[size];
  }

  /** Buckets of integer histograms are differences to the bucket before. */
  private static void columns(NativeHistogram h, long time, long[] into) {
    into[0] = time;
    into[1] = (long) h.count();
    into[2] = (long) h.zeroCount();
    int c = 3;
    for (double[] side : new double[][] {h.positiveCounts(), h.negativeCounts()}) {
      long running = 0;
      for (double count : side) {
        into[c++] = (long) count - running;
        running = (long) count;
      }
    }
  }

  private void floats(SampleBuffer samples, int from, int to, int size) {
    if (columns.length < size + 3) {
      columns = new XorValue[size + 3];
      Arrays.setAll(columns, _ -> new XorValue());
    }
    long step = 0;
    for (int i = from; i < to; i++) {
      NativeHistogram h = histogram(samples, i);
      long[] times = samples.timestamps();
      if (i == from) {
        out.putSigned(times[i]);
      } else {
        long now = times[i] - times[i - 1];
        if (i == from + 1) {
          out.putUnsigned(now);
        } else {
          out.putSigned(now - step);
        }
        step = now;
      }
      int c = 0;
      put(c++, h.count(), i == from);
      put(c++, h.zeroCount(), i == from);
      put(c++, h.sum(), i == from);
      for (double count : h.positiveCounts()) {
        put(c++, count, i == from);
      }
      for (double count : h.negativeCounts()) {
        put(c++, count, i == from);
      }
    }
  }

  private void put(int column, double value, boolean first) {
    if (first) {
      columns[column].first(out, value);
    } else {
      columns[column].next(out, value);
    }
  }
}
