package io.trilith.cli.prometheus;

import io.trilith.cli.prometheus.ChunkBits.BadChunkException;
import io.trilith.cli.prometheus.ChunkBits.Xor;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;

/**
 * Decodes the chunks of Prometheus: 1 floats (XOR), 2 histograms of integers, 3 histograms of
 * floats. Throws BadChunkException when the content is none.
 */
final class ChunkReader {
  private static final int FLOATS = 1;
  private static final int HISTOGRAMS = 2;
  private static final int FLOAT_HISTOGRAMS = 3;
  private static final int[] STEP_WIDTHS = {14, 17, 20};
  private static final int ITEMS_MAX = 1 << 20;

  private ChunkReader() {}

  /** Takes a sample that is a float. */
  @FunctionalInterface
  interface Wanted {
    boolean takes(long time);
  }

  /** Appends the samples that are wanted. */
  static void read(int encoding, byte[] content, Wanted wanted, SampleBuffer into) {
    ChunkBits in = new ChunkBits(content);
    int count = (int) in.read(16);
    switch (encoding) {
      case FLOATS -> floats(in, count, wanted, into);
      case HISTOGRAMS -> new Histograms(in, true).read(count, wanted, into);
      case FLOAT_HISTOGRAMS -> new Histograms(in, false).read(count, wanted, into);
      default ->
          throw new BadChunkException(
              "encoding " + encoding + " is not known; 1 to 3 are, of Prometheus 2 and 3");
    }
  }

  private static void floats(ChunkBits in, int count, Wanted wanted, SampleBuffer into) {
    long time = 0;
    long step = 0;
    Xor values = new Xor();
    for (int i = 0; i < count; i++) {
      double value;
      if (i == 0) {
        time = in.readSignedBytewise();
        value = values.first(in);
      } else {
        step = i == 1 ? in.readBytewise() : step + change(in);
        time += step;
        value = values.next(in);
      }
      if (wanted.takes(time)) {
        into.add(time, value);
      }
    }
  }

  private static long change(ChunkBits in) {
    if (!in.readBit()) {
      return 0;
    }
    for (int width : STEP_WIDTHS) {
      if (!in.readBit()) {
        return in.readSigned(width);
      }
    }
    return in.read(64);
  }

  /** The layout that all histograms of a chunk have, and the columns of their numbers. */
  private static final class Histograms {
    private final ChunkBits in;
    private final boolean integer;
    private final int flags;
    private final double zeroThreshold;
    private final int schema;
    private final int[] positiveOffsets;
    private final int[] positiveLengths;
    private final int[] negativeOffsets;
    private final int[] negativeLengths;
    private final double[] customBounds;
    private final int positive;
    private final int negative;

    Histograms(ChunkBits in, boolean integer) {
      this.in = in;
      this.integer = integer;
      flags = (int) in.read(8) >>> 6;
      zeroThreshold = zeroThreshold(in);
      schema = (int) in.readVarSigned();
      int spans = size(in.readVarUnsigned());
      positiveOffsets = new int[spans];
      positiveLengths = new int[spans];
      positive = spans(positiveOffsets, positiveLengths);
      spans = size(in.readVarUnsigned());
      negativeOffsets = new int[spans];
      negativeLengths = new int[spans];
      negative = spans(negativeOffsets, negativeLengths);
      customBounds =
          new double
              [schema == NativeHistogram.CUSTOM_BOUNDS_SCHEMA ? size(in.readVarUnsigned()) : 0];
      for (int i = 0; i < customBounds.length; i++) {
        long thousandths = in.readVarUnsigned();
        customBounds[i] = thousandths == 0 ? in.readDouble() : (thousandths - 1) / 1000.0;
      }
    }

    private static double zeroThreshold(ChunkBits in) {
      int code = (int) in.read(8);
      return switch (code) {
        case 0 -> 0;
        case 255 -> in.readDouble();
        default -> Math.scalb(0.5, code - 243);
      };
    }

    private static int size(long count) {
      if (count < 0 || count > ITEMS_MAX) {
        throw new BadChunkException(count + " buckets");
      }
      return (int) count;
    }

    private int spans(int[] offsets, int[] lengths) {
      long buckets = 0;
      for (int i = 0; i < offsets.length; i++) {
        lengths[i] = size(in.readVarUnsigned());
        offsets[i] = (int) in.readVarSigned();
        buckets += lengths[i];
      }
      return size(buckets);
    }

    void read(int count, Wanted wanted, SampleBuffer into) {
      if (integer) {
        integers(count, wanted, into);
      } else {
        floats(count, wanted, into);
      }
    }

    /** Columns: time, count, count of zeros, then the buckets as steps from the one before. */
    private void integers(int count, Wanted wanted, SampleBuffer into) {
      long[] now = new long[3 + positive + negative];
      long[] step = new long[now.length];
      Xor sums = new Xor();
      for (int i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) {
          column(i, c, now, step);
        }
        double sum = i == 0 ? sums.first(in) : sums.next(in);
        boolean stale = StaleMarker.is(sum);
        // A stale marker has no buckets; those after it go on from those before it.
        for (int c = 3; c < now.length && !stale; c++) {
          column(i, c, now, step);
        }
        if (wanted.takes(now[0])) {
          double[] up = new double[positive];
          double[] down = new double[negative];
          if (!stale) {
            running(now, 3, up);
            running(now, 3 + positive, down);
          }
          into.add(
              now[0],
              histogram(
                  i, stale ? 0 : (double) now[1], stale ? 0 : (double) now[2], sum, up, down));
        }
      }
    }

    private void column(int sample, int column, long[] now, long[] step) {
      if (sample == 0) {
        boolean unsigned = column == 1 || column == 2;
        now[column] = unsigned ? in.readVarUnsigned() : in.readVarSigned();
        return;
      }
      if (sample == 1) {
        step[column] = column == 0 ? in.readVarUnsigned() : in.readVarSigned();
      } else {
        step[column] += in.readVarSigned();
      }
      now[column] += step[column];
    }

    private static void running(long[] steps, int from, double[] counts) {
      long sum = 0;
      for (int i = 0; i < counts.length; i++) {
        sum += steps[from + i];
        counts[i] = sum;
      }
    }

    private void floats(int count, Wanted wanted, SampleBuffer into) {
      Xor[] columns = new Xor[3 + positive + negative];
      Arrays.setAll(columns, _ -> new Xor());
      long time = 0;
      long step = 0;
      for (int i = 0; i < count; i++) {
        if (i == 0) {
          time = in.readVarSigned();
        } else {
          step = i == 1 ? in.readVarUnsigned() : step + in.readVarSigned();
          time += step;
        }
        double all = value(i, columns[0]);
        double zeros = value(i, columns[1]);
        double sum = value(i, columns[2]);
        boolean stale = StaleMarker.is(sum);
        double[] up = new double[positive];
        double[] down = new double[negative];
        for (int c = 0; c < positive + negative && !stale; c++) {
          double bucket = value(i, columns[3 + c]);
          if (c < positive) {
            up[c] = bucket;
          } else {
            down[c - positive] = bucket;
          }
        }
        if (wanted.takes(time)) {
          into.add(time, histogram(i, stale ? 0 : all, stale ? 0 : zeros, sum, up, down));
        }
      }
    }

    private double value(int sample, Xor column) {
      return sample == 0 ? column.first(in) : column.next(in);
    }

    private NativeHistogram histogram(
        int sample, double count, double zeros, double sum, double[] up, double[] down) {
      if (StaleMarker.is(sum)) {
        return new NativeHistogram(
            0,
            ResetHint.UNKNOWN,
            integer,
            0,
            0,
            0,
            sum,
            new int[0],
            new int[0],
            new double[0],
            new int[0],
            new int[0],
            new double[0],
            new double[0]);
      }
      return new NativeHistogram(
          schema,
          hint(sample),
          integer,
          zeroThreshold,
          zeros,
          count,
          sum,
          positiveOffsets,
          positiveLengths,
          up,
          negativeOffsets,
          negativeLengths,
          down,
          customBounds);
    }

    /** The flags speak of the first sample; between others of a chunk there is no reset. */
    private ResetHint hint(int sample) {
      if (flags == 0b11) {
        return ResetHint.GAUGE;
      }
      return sample > 0
          ? ResetHint.NO
          : switch (flags) {
            case 0b10 -> ResetHint.YES;
            case 0b01 -> ResetHint.NO;
            default -> ResetHint.UNKNOWN;
          };
    }
  }
}
