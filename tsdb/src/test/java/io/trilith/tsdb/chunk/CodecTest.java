package io.trilith.tsdb.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CodecTest {
  private static void assertRoundTrip(long[] times, double[] values, long @Nullable [] starts) {
    Chunk chunk = FloatCodec.encode(times, starts, values, times.length);
    SampleBuffer read = new SampleBuffer();
    chunk.read(Long.MIN_VALUE, Long.MAX_VALUE, read);
    assertThat(Arrays.copyOf(read.timestamps(), read.size())).isEqualTo(times);
    for (int i = 0; i < times.length; i++) {
      assertThat(Double.doubleToRawLongBits(read.values()[i]))
          .isEqualTo(Double.doubleToRawLongBits(values[i]));
      assertThat(read.startTimestamp(i)).isEqualTo(starts == null ? 0 : starts[i]);
    }
  }

  private static double[] fill(int count, IntToDoubleFunction value) {
    double[] values = new double[count];
    Arrays.setAll(values, value);
    return values;
  }

  private static long[] everyFifteenSeconds(int count) {
    long[] times = new long[count];
    Arrays.setAll(times, i -> 1_795_204_800_000L + i * 15_000L);
    return times;
  }

  @Test
  void bringsBackEveryKindOfValueBitForBit() {
    SplittableRandom random = Seeds.random("bringsBackEveryKindOfValueBitForBit");
    double[] odd = {
      0.0,
      -0.0,
      Double.NaN,
      StaleMarker.VALUE,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.MIN_VALUE,
      Double.MAX_VALUE,
      1L << 53,
      -(1L << 60),
      0.1,
      1e-12,
      1e-13,
      123456.789
    };
    for (int round = 0; round < Seeds.iterations(200); round++) {
      int count = random.nextInt(1, FloatCodec.CHUNK_SAMPLES + 1);
      long[] times = new long[count];
      long time = random.nextInt(10) == 0 ? Long.MIN_VALUE : random.nextLong(-100_000, 1L << 45);
      for (int i = 0; i < count; i++) {
        times[i] = time;
        time += random.nextInt(5) == 0 ? random.nextLong(1, 1L << 40) : 15_000;
      }
      assertRoundTrip(times, fill(count, i -> 7.25), null);
      assertRoundTrip(times, fill(count, i -> i * 3 + 1e9), null);
      assertRoundTrip(times, fill(count, i -> random.nextInt(1000) / 100.0), null);
      assertRoundTrip(times, fill(count, i -> random.nextDouble()), null);
      assertRoundTrip(times, fill(count, i -> odd[random.nextInt(odd.length)]), null);
      long[] starts = new long[count];
      Arrays.setAll(starts, i -> i < count / 2 ? 0 : times[0]);
      assertRoundTrip(times, fill(count, i -> random.nextLong()), starts);
    }
  }

  @Test
  void storesTheWholeRangeOfTime() {
    assertRoundTrip(
        new long[] {Long.MIN_VALUE, -1, 0, 5, Long.MAX_VALUE}, new double[] {1, 2, 3, 4, 5}, null);
  }

  @Test
  void takesLittleSpaceForWhatIsRegular() {
    int count = FloatCodec.CHUNK_SAMPLES;
    long[] times = everyFifteenSeconds(count);
    assertThat(FloatCodec.encode(times, null, fill(count, i -> 1), count).data().length)
        .isLessThan(32);
    assertThat(FloatCodec.encode(times, null, fill(count, i -> i * 10), count).data().length)
        .isLessThan(32);
    assertThat(
            FloatCodec.encode(times, null, fill(count, i -> (i * 37 % 100) / 10.0), count)
                .data()
                .length)
        .isLessThan(32 + count);
  }

  private static NativeHistogram histogram(SplittableRandom random, boolean integer) {
    double[] counts = fill(3, i -> integer ? random.nextInt(50) : random.nextDouble());
    return new NativeHistogram(
        random.nextInt(-4, 9),
        NativeHistogram.ResetHint.values()[random.nextInt(4)],
        integer,
        0.001,
        integer ? 2 : 2.5,
        100,
        random.nextDouble(),
        new int[] {-2, 4},
        new int[] {1, 2},
        counts,
        new int[] {3},
        new int[] {1},
        new double[] {integer ? 9 : 9.5},
        new double[0]);
  }

  @Test
  void bringsBackHistograms() {
    SplittableRandom random = Seeds.random("bringsBackHistograms");
    int count = 40;
    long[] times = everyFifteenSeconds(count);
    NativeHistogram[] histograms = new NativeHistogram[count];
    for (int i = 0; i < count; i++) {
      histograms[i] = histogram(random, i / 10 % 2 == 0);
    }
    Chunk chunk = HistogramCodec.encode(times, times, histograms, count);
    SampleBuffer read = new SampleBuffer();
    chunk.read(Long.MIN_VALUE, Long.MAX_VALUE, read);
    assertThat(read.size()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      assertThat(read.histogram(i)).isEqualTo(histograms[i]);
      assertThat(read.startTimestamp(i)).isEqualTo(times[i]);
    }
  }

  @Test
  void readsOnlyTheRangeAskedFor() {
    long[] times = everyFifteenSeconds(10);
    Chunk chunk = FloatCodec.encode(times, null, fill(10, i -> i), 10);
    SampleBuffer read = new SampleBuffer();
    chunk.read(times[3], times[5], read);
    assertThat(Arrays.copyOf(read.values(), read.size())).containsExactly(3, 4, 5);
  }

  @Test
  void answersDamageWithCorruptAndNothingElse() {
    SplittableRandom random = Seeds.random("answersDamageWithCorruptAndNothingElse");
    int count = 30;
    Chunk floats =
        FloatCodec.encode(
            everyFifteenSeconds(count), null, fill(count, i -> random.nextInt(900) / 10.0), count);
    NativeHistogram[] histograms = new NativeHistogram[5];
    Arrays.setAll(histograms, i -> histogram(random, true));
    Chunk native5 = HistogramCodec.encode(everyFifteenSeconds(5), null, histograms, 5);
    for (Chunk chunk : new Chunk[] {floats, native5}) {
      byte[] good = chunk.data();
      for (int length = 0; length < good.length; length++) {
        decode(chunk, Arrays.copyOf(good, length));
      }
      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] bad = good.clone();
        bad[bit / 8] ^= (byte) (1 << (bit % 8));
        decode(chunk, bad);
      }
    }
  }

  private static void decode(Chunk chunk, byte[] bytes) {
    assertThatCode(
            () -> {
              try {
                Chunk.decode(
                    new ByteReader(ByteBuffer.wrap(bytes), "f", 0),
                    chunk.kind(),
                    Long.MIN_VALUE,
                    Long.MAX_VALUE,
                    new SampleBuffer());
              } catch (StorageException.Corrupt e) {
                assertThat(e).hasMessageStartingWith("f is corrupt at byte ");
              }
            })
        .doesNotThrowAnyException();
  }
}
