package io.trilith.ingest.metrics;

import io.trilith.net.wire.Numbers;
import io.trilith.net.wire.ProtoReader;
import io.trilith.tsdb.NativeHistogram;

/** Reads prometheus.Histogram. Reused from message to message. Not thread-safe. */
final class HistogramDecoder {
  private final ProtoReader span = new ProtoReader(new byte[0]);
  private final Side positive = new Side();
  private final Side negative = new Side();
  private final Numbers bounds = new Numbers();
  private long timestamp;
  private long startTimestamp;

  /** Spans and counts of one sign. */
  private static final class Side {
    final Numbers offsets = new Numbers();
    final Numbers lengths = new Numbers();
    final Numbers deltas = new Numbers();
    final Numbers counts = new Numbers();

    void clear() {
      offsets.clear();
      lengths.clear();
      deltas.clear();
      counts.clear();
    }

    double[] absolute(boolean integer) {
      if (!integer) {
        return counts.toDoubles();
      }
      double[] absolute = new double[deltas.size()];
      long running = 0;
      for (int i = 0; i < absolute.length; i++) {
        running += deltas.get(i);
        absolute[i] = running;
      }
      return absolute;
    }
  }

  /** Milliseconds since 1970 of the histogram read last. */
  long timestamp() {
    return timestamp;
  }

  /** Since when the histogram read last counts; 0 when it does not say. */
  long startTimestamp() {
    return startTimestamp;
  }

  NativeHistogram read(ProtoReader in) {
    positive.clear();
    negative.clear();
    bounds.clear();
    timestamp = 0;
    startTimestamp = 0;
    boolean integer = false;
    double count = 0;
    double zeroCount = 0;
    double sum = 0;
    double zeroThreshold = 0;
    int schema = 0;
    int hint = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          integer = true;
          count = unsigned(in.varint());
        }
        case 2 -> {
          integer = false;
          count = in.float64();
        }
        case 3 -> sum = in.float64();
        case 4 -> schema = in.zigzag32();
        case 5 -> zeroThreshold = in.float64();
        case 6 -> zeroCount = unsigned(in.varint());
        case 7 -> zeroCount = in.float64();
        case 8 -> span(in, negative);
        case 9 -> in.zigzags(negative.deltas);
        case 10 -> in.fixed64s(negative.counts);
        case 11 -> span(in, positive);
        case 12 -> in.zigzags(positive.deltas);
        case 13 -> in.fixed64s(positive.counts);
        case 14 -> hint = (int) in.varint();
        case 15 -> timestamp = in.varint();
        case 16 -> in.fixed64s(bounds);
        case 17 -> startTimestamp = in.varint();
        default -> in.skip();
      }
    }
    NativeHistogram.ResetHint[] hints = NativeHistogram.ResetHint.values();
    return new NativeHistogram(
        schema,
        hint >= 0 && hint < hints.length ? hints[hint] : NativeHistogram.ResetHint.UNKNOWN,
        integer,
        zeroThreshold,
        zeroCount,
        count,
        sum,
        ints(positive.offsets),
        ints(positive.lengths),
        positive.absolute(integer),
        ints(negative.offsets),
        ints(negative.lengths),
        negative.absolute(integer),
        bounds.toDoubles());
  }

  private void span(ProtoReader in, Side side) {
    in.message(span);
    int offset = 0;
    long length = 0;
    int start = span.offset();
    for (int field = span.next(); field != 0; field = span.next()) {
      switch (field) {
        case 1 -> offset = span.zigzag32();
        case 2 -> length = span.varint();
        default -> span.skip();
      }
    }
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw ProtoReader.malformed(start, "a span's length that does not fit 31 bits");
    }
    side.offsets.add(offset);
    side.lengths.add(length);
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1) * 2.0;
  }

  private static int[] ints(Numbers numbers) {
    int[] ints = new int[numbers.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) numbers.get(i);
    }
    return ints;
  }
}
