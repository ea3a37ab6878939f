package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Native histograms, see {@code docs/formats/metric-chunk.md}. A histogram with the layout of its
 * predecessor stores only counts; integer counts are stored as distances from the predecessor's.
 *
 * <pre>
 * chunk     = count:varint  flags:1  times  starts?  histogram*
 * histogram = head:1  layout?  zeroCount count sum:8  positive* negative*
 * head      = resetHint (bits 0-1)  integer (bit 2)  sameLayout (bit 3)
 * layout    = schema:zigzag zeroThreshold:8 spans spans bounds
 * counts    = zigzag distance when integer, else 8 bytes
 * </pre>
 */
public final class HistogramCodec {
  /** Histograms per chunk at most, when written. */
  public static final int CHUNK_SAMPLES = 60;

  private static final int HAS_STARTS = 4;
  private static final int INTEGER = 4;
  private static final int SAME_LAYOUT = 8;
  private static final ResetHint[] HINTS = ResetHint.values();

  private HistogramCodec() {}

  /**
   * Encodes {@code count > 0} histograms, ascending in time. Starts are null when none is known.
   */
  public static Chunk encode(
      long[] times, long @Nullable [] starts, NativeHistogram[] histograms, int count) {
    ByteWriter out = new ByteWriter(256);
    out.putVarint(count);
    out.putByte(starts == null ? 0 : HAS_STARTS);
    TimeColumn.encode(times, count, out);
    if (starts != null) {
      StartColumn.encode(starts, count, out);
    }
    NativeHistogram before = null;
    for (int i = 0; i < count; i++) {
      put(histograms[i], before, out);
      before = histograms[i];
    }
    return new Chunk(times[0], times[count - 1], count, Chunk.Kind.HISTOGRAMS, out.toArray());
  }

  static void decode(ByteReader in, long from, long to, SampleBuffer into) {
    int count = FloatCodec.readCount(in);
    boolean hasStarts = (in.getByte() & HAS_STARTS) != 0;
    long[] times = new long[count];
    TimeColumn.decode(in, times, count);
    long[] starts = new long[count];
    if (hasStarts) {
      StartColumn.decode(in, starts, count);
    }
    NativeHistogram before = null;
    for (int i = 0; i < count; i++) {
      before = get(in, before);
      if (times[i] >= from && times[i] <= to) {
        into.add(times[i], before);
        into.startedAt(starts[i]);
      }
    }
  }

  /**
   * Writes one histogram; the predecessor, if any, is the one written before to the same output.
   */
  public static void put(NativeHistogram h, @Nullable NativeHistogram before, ByteWriter out) {
    boolean same = before != null && before.integer() == h.integer() && sameLayout(h, before);
    out.putByte(h.resetHint().ordinal() | (h.integer() ? INTEGER : 0) | (same ? SAME_LAYOUT : 0));
    if (!same) {
      out.putZigzag(h.schema());
      out.putDouble(h.zeroThreshold());
      putSpans(h.positiveOffsets(), h.positiveLengths(), out);
      putSpans(h.negativeOffsets(), h.negativeLengths(), out);
      out.putVarint(h.customBounds().length);
      for (double bound : h.customBounds()) {
        out.putDouble(bound);
      }
    }
    NativeHistogram base = same ? before : null;
    out.putDouble(h.sum());
    putCount(h.integer(), h.zeroCount(), base == null ? 0 : base.zeroCount(), out);
    putCount(h.integer(), h.count(), base == null ? 0 : base.count(), out);
    putCounts(h.integer(), h.positiveCounts(), base == null ? null : base.positiveCounts(), out);
    putCounts(h.integer(), h.negativeCounts(), base == null ? null : base.negativeCounts(), out);
  }

  private static boolean sameLayout(NativeHistogram a, NativeHistogram b) {
    return a.schema() == b.schema()
        && Double.doubleToRawLongBits(a.zeroThreshold())
            == Double.doubleToRawLongBits(b.zeroThreshold())
        && Arrays.equals(a.positiveOffsets(), b.positiveOffsets())
        && Arrays.equals(a.positiveLengths(), b.positiveLengths())
        && Arrays.equals(a.negativeOffsets(), b.negativeOffsets())
        && Arrays.equals(a.negativeLengths(), b.negativeLengths())
        && Arrays.equals(a.customBounds(), b.customBounds())
        && a.positiveCounts().length == b.positiveCounts().length
        && a.negativeCounts().length == b.negativeCounts().length;
  }

  private static void putSpans(int[] offsets, int[] lengths, ByteWriter out) {
    out.putVarint(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      out.putZigzag(offsets[i]);
      out.putVarint(lengths[i]);
    }
  }

  private static void putCount(boolean integer, double count, double before, ByteWriter out) {
    if (integer) {
      out.putZigzag((long) count - (long) before);
    } else {
      out.putDouble(count);
    }
  }

  private static void putCounts(
      boolean integer, double[] counts, double @Nullable [] before, ByteWriter out) {
    out.putVarint(counts.length);
    for (int i = 0; i < counts.length; i++) {
      putCount(integer, counts[i], before == null ? 0 : before[i], out);
    }
  }

  /** Reads one histogram; the predecessor, if any, is the one read before from the same input. */
  public static NativeHistogram get(ByteReader in, @Nullable NativeHistogram before) {
    int head = in.getByte();
    boolean integer = (head & INTEGER) != 0;
    ResetHint hint = HINTS[head & 3];
    if ((head & SAME_LAYOUT) != 0) {
      if (before == null) {
        throw in.corrupt("a first histogram without layout");
      }
      return counts(in, hint, integer, before, before);
    }
    int schema = (int) in.getZigzag();
    double zeroThreshold = in.getDouble();
    int[][] positive = spans(in);
    int[][] negative = spans(in);
    double[] bounds = new double[in.getCount(8)];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = in.getDouble();
    }
    double[] none = {};
    NativeHistogram layout =
        new NativeHistogram(
            schema,
            hint,
            integer,
            zeroThreshold,
            0,
            0,
            0,
            positive[0],
            positive[1],
            none,
            negative[0],
            negative[1],
            none,
            bounds);
    return counts(in, hint, integer, layout, null);
  }

  private static NativeHistogram counts(
      ByteReader in,
      ResetHint hint,
      boolean integer,
      NativeHistogram layout,
      @Nullable NativeHistogram base) {
    double sum = in.getDouble();
    double zeroCount = getCount(in, integer, base == null ? 0 : base.zeroCount());
    double count = getCount(in, integer, base == null ? 0 : base.count());
    double[] positive = getCounts(in, integer, base == null ? null : base.positiveCounts());
    double[] negative = getCounts(in, integer, base == null ? null : base.negativeCounts());
    return new NativeHistogram(
        layout.schema(),
        hint,
        integer,
        layout.zeroThreshold(),
        zeroCount,
        count,
        sum,
        layout.positiveOffsets(),
        layout.positiveLengths(),
        positive,
        layout.negativeOffsets(),
        layout.negativeLengths(),
        negative,
        layout.customBounds());
  }

  private static int[][] spans(ByteReader in) {
    int count = in.getCount(2);
    int[] offsets = new int[count];
    int[] lengths = new int[count];
    for (int i = 0; i < count; i++) {
      offsets[i] = (int) in.getZigzag();
      lengths[i] = (int) in.getVarint();
    }
    return new int[][] {offsets, lengths};
  }

  private static double getCount(ByteReader in, boolean integer, double before) {
    return integer ? (long) before + in.getZigzag() : in.getDouble();
  }

  private static double[] getCounts(ByteReader in, boolean integer, double @Nullable [] before) {
    double[] counts = new double[in.getCount()];
    if (before != null && before.length != counts.length) {
      throw in.corrupt(counts.length + " buckets follow " + before.length);
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] = getCount(in, integer, before == null ? 0 : before[i]);
    }
    return counts;
  }
}
