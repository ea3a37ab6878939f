package io.trilith.query.prometheus.chunks;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.query.prometheus.chunks.ChunkStream.Encoding;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Chunks read back by a decoder written from tsdb/docs/format/chunks.md. */
class ChunkStreamTest {
  /** What a reader sees of a sample, as text. */
  private static String shown(long time, double value) {
    return time + " " + Long.toHexString(Double.doubleToRawLongBits(value));
  }

  private static String shown(long time, NativeHistogram h) {
    String custom = h.hasCustomBounds() ? Arrays.toString(h.customBounds()) : "";
    return new Formatter(Locale.ROOT)
        .format(
            "%d %d %s %s %s %s",
            time, h.schema(), h.integer(), h.zeroThreshold(), h.count(), custom)
        .format(" %s %s", h.zeroCount(), Long.toHexString(Double.doubleToRawLongBits(h.sum())))
        .format(
            " %s %s", Arrays.toString(h.positiveOffsets()), Arrays.toString(h.positiveLengths()))
        .format(
            " %s %s", Arrays.toString(h.negativeOffsets()), Arrays.toString(h.negativeLengths()))
        .format(" %s %s", Arrays.toString(h.positiveCounts()), Arrays.toString(h.negativeCounts()))
        .toString();
  }

  private static List<String> shown(SampleBuffer samples) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      NativeHistogram histogram = samples.histogram(i);
      long time = samples.timestamps()[i];
      all.add(histogram == null ? shown(time, samples.values()[i]) : shown(time, histogram));
    }
    return all;
  }

  private static List<String> roundTrip(SampleBuffer samples) {
    List<String> read = new ArrayList<>();
    new ChunkStream()
        .write(
            samples,
            (encoding, min, max, data) -> {
              int before = read.size();
              Bits bits = new Bits(data);
              int count = (int) bits.get(16);
              assertThat(count).isBetween(1, 120);
              if (encoding == Encoding.XOR) {
                bits.floats(count, read);
              } else {
                bits.histograms(count, encoding == Encoding.HISTOGRAM, read);
              }
              assertThat(read.get(before)).startsWith(min + " ");
              assertThat(read.getLast()).startsWith(max + " ");
              assertThat(bits.at).isBetween(data.length * 8L - 7, data.length * 8L);
            });
    return read;
  }

  @Test
  void floatsComeBackToTheLastBit() {
    SplittableRandom random = Seeds.random("chunks");
    for (int round = 0; round < 200; round++) {
      SampleBuffer samples = new SampleBuffer();
      long time = random.nextLong(-1_000_000, 1L << 41);
      double value = 0;
      int size = random.nextInt(1, 400);
      for (int i = 0; i < size; i++) {
        value =
            switch (random.nextInt(8)) {
              case 0 -> Double.longBitsToDouble(random.nextLong());
              case 1 -> StaleMarker.VALUE;
              case 2, 3 -> value;
              default -> value + random.nextInt(100);
            };
        samples.add(time, value);
        time += random.nextInt(10) == 0 ? random.nextLong(1, 1L << random.nextInt(1, 40)) : 15_000;
      }
      assertThat(roundTrip(samples)).isEqualTo(shown(samples));
    }
  }

  @Test
  void histogramsOfAllKindsComeBack() {
    SplittableRandom random = Seeds.random("chunks");
    for (int round = 0; round < 300; round++) {
      SampleBuffer samples = new SampleBuffer();
      long time = random.nextLong(0, 1L << 41);
      int size = random.nextInt(1, 200);
      NativeHistogram h = random(random);
      for (int i = 0; i < size; i++) {
        if (random.nextInt(20) == 0) {
          samples.add(time, random.nextInt(100));
        } else {
          samples.add(time, h);
        }
        time += random.nextInt(5) == 0 ? random.nextInt(1, 100_000) : 15_000;
        h = random.nextInt(12) == 0 ? random(random) : grown(h, random);
      }
      assertThat(roundTrip(samples)).isEqualTo(shown(samples));
    }
  }

  @Test
  void whatAReaderTakesForNoResetIsNone() {
    SampleBuffer samples = new SampleBuffer();
    SplittableRandom random = Seeds.random("chunks");
    NativeHistogram h = withHint(random(random), ResetHint.UNKNOWN);
    NativeHistogram more = withHint(grown(h, random), ResetHint.YES);
    samples.add(1, h);
    samples.add(2, grown(h, random));
    samples.add(3, more);
    List<Integer> hints = new ArrayList<>();
    new ChunkStream().write(samples, (encoding, min, max, data) -> hints.add(data[2] >> 6 & 3));
    assertThat(hints).containsExactly(0, 2);
  }

  @Test
  void theBytesStayAsTheyAre() {
    SampleBuffer samples = new SampleBuffer();
    for (int i = 0; i < 100; i++) {
      samples.add(1_700_000_000_000L + i * 15_000L + i % 3, i * 0.1);
    }
    CRC32C crc = new CRC32C();
    new ChunkStream().write(samples, (encoding, min, max, data) -> crc.update(data));
    assertThat(crc.getValue()).isEqualTo(GOLDEN);
  }

  private static final long GOLDEN = 358_697_669L;

  private static NativeHistogram withHint(NativeHistogram h, ResetHint hint) {
    return new NativeHistogram(
        h.schema(),
        hint,
        h.integer(),
        h.zeroThreshold(),
        h.zeroCount(),
        h.count(),
        h.sum(),
        h.positiveOffsets(),
        h.positiveLengths(),
        h.positiveCounts(),
        h.negativeOffsets(),
        h.negativeLengths(),
        h.negativeCounts(),
        h.customBounds());
  }

  private static NativeHistogram random(SplittableRandom random) {
    boolean integer = random.nextBoolean();
    boolean custom = random.nextInt(4) == 0;
    int[] positive = lengths(random);
    int[] negative = custom ? new int[0] : lengths(random);
    int bounds = Arrays.stream(positive).sum() + 40;
    return new NativeHistogram(
        custom ? NativeHistogram.CUSTOM_BOUNDS_SCHEMA : random.nextInt(-4, 9),
        random.nextInt(4) == 0 ? ResetHint.GAUGE : ResetHint.UNKNOWN,
        integer,
        custom ? 0 : new double[] {0, 0x1p-128, 0.001, 1}[random.nextInt(4)],
        custom ? 0 : random.nextInt(10),
        random.nextInt(1000),
        random.nextDouble(),
        offsets(positive, random),
        positive,
        counts(positive, integer, random),
        offsets(negative, random),
        negative,
        counts(negative, integer, random),
        custom
            ? random.doubles(bounds, 0, 1e5).map(b -> Math.rint(b) / 8).toArray()
            : new double[0]);
  }

  private static int[] lengths(SplittableRandom random) {
    return random.ints(random.nextInt(4), 1, 6).toArray();
  }

  private static int[] offsets(int[] lengths, SplittableRandom random) {
    return random.ints(lengths.length, 0, 9).toArray();
  }

  private static double[] counts(int[] lengths, boolean integer, SplittableRandom random) {
    double[] counts = random.doubles(Arrays.stream(lengths).sum(), 0, 1e6).toArray();
    return integer ? Arrays.stream(counts).map(Math::rint).toArray() : counts;
  }

  private static NativeHistogram grown(NativeHistogram h, SplittableRandom random) {
    double[] positive = Arrays.stream(h.positiveCounts()).map(c -> c + random.nextInt(9)).toArray();
    return new NativeHistogram(
        h.schema(),
        h.resetHint(),
        h.integer(),
        h.zeroThreshold(),
        h.zeroCount(),
        h.count() + random.nextInt(100),
        h.sum() + random.nextDouble(),
        h.positiveOffsets(),
        h.positiveLengths(),
        positive,
        h.negativeOffsets(),
        h.negativeLengths(),
        h.negativeCounts(),
        h.customBounds());
  }

  private static final class Bits {
    private final byte[] bytes;
    private long at;
    private int leading;
    private int trailing;

    Bits(byte[] bytes) {
      this.bytes = bytes;
    }

    long get(int width) {
      long value = 0;
      for (int i = 0; i < width; i++) {
        value = value << 1 | (bytes[(int) (at >> 3)] >> (7 - (at & 7)) & 1);
        at++;
      }
      return value;
    }

    long bytewise() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        long b = get(8);
        value |= (b & 0x7f) << shift;
        if (b < 0x80) {
          return value;
        }
      }
    }

    private int ones(int max) {
      int ones = 0;
      while (ones < max && get(1) == 1) {
        ones++;
      }
      return ones;
    }

    private long varbit(boolean signed) {
      int width = new int[] {0, 3, 6, 9, 12, 18, 25, 56, 64}[ones(8)];
      long value = get(width);
      boolean negative = signed && width > 0 && width < 64 && value > 1L << (width - 1);
      return negative ? value - (1L << width) : value;
    }

    private double xor(double before) {
      if (get(1) == 0) {
        return before;
      }
      if (get(1) == 1) {
        leading = (int) get(5);
        int width = (int) get(6);
        trailing = 64 - leading - (width == 0 ? 64 : width);
      }
      long bits = get(64 - leading - trailing) << trailing;
      return Double.longBitsToDouble(bits ^ Double.doubleToRawLongBits(before));
    }

    void floats(int count, List<String> into) {
      long raw = bytewise();
      long time = raw >>> 1 ^ -(raw & 1);
      double value = Double.longBitsToDouble(get(64));
      into.add(shown(time, value));
      long step = 0;
      for (int i = 1; i < count; i++) {
        if (i == 1) {
          step = bytewise();
        } else {
          int width = new int[] {0, 14, 17, 20, 64}[ones(4)];
          long change = get(width);
          boolean negative = width > 0 && width < 64 && change > 1L << (width - 1);
          step += negative ? change - (1L << width) : change;
        }
        time += step;
        value = xor(value);
        into.add(shown(time, value));
      }
    }

    void histograms(int count, boolean integer, List<String> into) {
      get(8);
      long threshold = get(8);
      double zero =
          threshold == 0
              ? 0
              : threshold == 255
                  ? Double.longBitsToDouble(get(64))
                  : Math.scalb(0.5, (int) threshold - 243);
      int schema = (int) varbit(true);
      int[][] positive = spans();
      int[][] negative = spans();
      double[] bounds = new double[0];
      if (schema == -53) {
        bounds = new double[(int) varbit(false)];
        for (int i = 0; i < bounds.length; i++) {
          long thousandths = varbit(false);
          bounds[i] =
              thousandths == 0 ? Double.longBitsToDouble(get(64)) : (thousandths - 1) / 1000.0;
        }
      }
      int sizeUp = Arrays.stream(positive[1]).sum();
      int columns = 4 + sizeUp + Arrays.stream(negative[1]).sum();
      long[] now = new long[columns];
      long[] step = new long[columns];
      int[] leadings = new int[columns];
      int[] trailings = new int[columns];
      for (int i = 0; i < count; i++) {
        for (int c = 0; c < columns; c++) {
          // Time, count, zeros, sum, buckets.
          boolean xor = c == 3 || (!integer && c > 0);
          if (xor && i == 0) {
            now[c] = get(64);
          } else if (xor) {
            leading = leadings[c];
            trailing = trailings[c];
            now[c] = Double.doubleToRawLongBits(xor(Double.longBitsToDouble(now[c])));
            leadings[c] = leading;
            trailings[c] = trailing;
          } else if (i == 0) {
            now[c] = varbit(c == 0 || c > 2);
          } else {
            step[c] = i == 1 ? varbit(c != 0) : step[c] + varbit(true);
            now[c] += step[c];
          }
        }
        NativeHistogram h =
            new NativeHistogram(
                schema,
                ResetHint.UNKNOWN,
                integer,
                zero,
                integer ? now[2] : Double.longBitsToDouble(now[2]),
                integer ? now[1] : Double.longBitsToDouble(now[1]),
                Double.longBitsToDouble(now[3]),
                positive[0],
                positive[1],
                counts(now, 4, 4 + sizeUp, integer),
                negative[0],
                negative[1],
                counts(now, 4 + sizeUp, columns, integer),
                bounds);
        into.add(shown(now[0], h));
      }
    }

    private static double[] counts(long[] now, int from, int to, boolean integer) {
      double[] counts = new double[to - from];
      long running = 0;
      for (int i = from; i < to; i++) {
        running += now[i];
        counts[i - from] = integer ? running : Double.longBitsToDouble(now[i]);
      }
      return counts;
    }

    private int[][] spans() {
      int count = (int) varbit(false);
      int[][] spans = new int[2][count];
      for (int i = 0; i < count; i++) {
        spans[1][i] = (int) varbit(false);
        spans[0][i] = (int) varbit(true);
      }
      return spans;
    }
  }
}
