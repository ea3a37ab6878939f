package io.trilith.query.prometheus;

import io.trilith.net.wire.ProtoWriter;
import io.trilith.tsdb.NativeHistogram;
import org.jspecify.annotations.Nullable;

/** Native histograms as protobuf. */
public final class HistogramProto {
  private HistogramProto() {}

  /** The fields of {@code prometheus.Histogram}, as remote read and write have it. */
  public static void remote(ProtoWriter out, @Nullable NativeHistogram h, long millis) {
    if (h == null) {
      return;
    }
    if (h.integer()) {
      out.varint(1, (long) h.count());
    } else {
      real(out, 2, h.count());
    }
    real(out, 3, h.sum());
    out.varint(4, zigzag(h.schema()));
    real(out, 5, h.zeroThreshold());
    if (h.integer()) {
      out.varint(6, (long) h.zeroCount());
    } else {
      real(out, 7, h.zeroCount());
    }
    spans(out, 8, h.negativeOffsets(), h.negativeLengths());
    counts(out, 9, h.integer(), h.negativeCounts());
    spans(out, 11, h.positiveOffsets(), h.positiveLengths());
    counts(out, 12, h.integer(), h.positiveCounts());
    out.varint(14, h.resetHint().ordinal()).varint(15, millis);
    if (h.customBounds().length > 0) {
      reals(out, 16, h.customBounds());
    }
  }

  /** The fields of {@code io.prometheus.client.Histogram}, as scrapes have it. */
  static void scraped(ProtoWriter out, NativeHistogram h) {
    if (h.integer()) {
      out.varint(1, (long) h.count());
    } else {
      real(out, 4, h.count());
    }
    real(out, 2, h.sum());
    out.varint(5, zigzag(h.schema()));
    real(out, 6, h.zeroThreshold());
    if (h.integer()) {
      out.varint(7, (long) h.zeroCount());
    } else {
      real(out, 8, h.zeroCount());
    }
    spans(out, 9, h.negativeOffsets(), h.negativeLengths());
    counts(out, 10, h.integer(), h.negativeCounts());
    spans(out, 12, h.positiveOffsets(), h.positiveLengths());
    counts(out, 13, h.integer(), h.positiveCounts());
  }

  private static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  private static void real(ProtoWriter out, int field, double value) {
    out.fixed64(field, Double.doubleToRawLongBits(value));
  }

  private static void spans(ProtoWriter out, int field, int[] offsets, int[] lengths) {
    for (int i = 0; i < offsets.length; i++) {
      int span = out.begin(field);
      out.varint(1, zigzag(offsets[i])).varint(2, lengths[i]).end(span);
    }
  }

  /** Integers as differences to the bucket before; floats, whole, in the field behind. */
  private static void counts(ProtoWriter out, int field, boolean integer, double[] counts) {
    if (counts.length == 0) {
      return;
    }
    if (!integer) {
      reals(out, field + 1, counts);
      return;
    }
    int packed = out.begin(field);
    long before = 0;
    for (double count : counts) {
      out.rawVarint(zigzag((long) count - before));
      before = (long) count;
    }
    out.end(packed);
  }

  private static void reals(ProtoWriter out, int field, double[] values) {
    for (double value : values) {
      real(out, field, value);
    }
  }
}
