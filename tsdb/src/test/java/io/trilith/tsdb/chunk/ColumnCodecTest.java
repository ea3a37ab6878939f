package io.trilith.tsdb.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.StaleMarker;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ColumnCodecTest {
  private static final double[] NASTY = {
    0.0,
    -0.0,
    1,
    -1,
    0.1,
    1e-12,
    1e15,
    9007199254740991.0,
    9007199254740992.0,
    -9007199254740992.0,
    1e22,
    Double.MAX_VALUE,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MIN_NORMAL,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    Double.longBitsToDouble(0x7ff8000000000123L),
    Double.longBitsToDouble(0xfff0000000000001L),
    StaleMarker.VALUE,
    123.456,
    1e300,
  };

  private final LongEncoder longs = new LongEncoder();
  private final FloatEncoder floats = new FloatEncoder(longs);
  private final LongDecoder longDecoder = new LongDecoder();
  private final FloatDecoder floatDecoder = new FloatDecoder(longDecoder);
  private final ByteCursor cursor = new ByteCursor();

  private byte[] encoded(double[] values) {
    ByteWriter out = new ByteWriter();
    floats.encode(values, 0, values.length, out);
    return out.toArray();
  }

  private void roundTrip(double[] values, String what) {
    byte[] bytes = encoded(values);
    double[] back = new double[values.length + 2];
    point(bytes);
    floatDecoder.decode(cursor, back, new long[back.length], 1, values.length);
    assertThat(cursor.at()).as(what).isEqualTo(cursor.end());
    for (int i = 0; i < values.length; i++) {
      assertThat(Double.doubleToRawLongBits(back[i + 1]))
          .as("%s, value %d of %d", what, i, values.length)
          .isEqualTo(Double.doubleToRawLongBits(values[i]));
    }
  }

  private void roundTrip(long[] values, String what) {
    ByteWriter out = new ByteWriter();
    longs.encode(values, values.length, out);
    long[] back = new long[values.length];
    point(out.toArray());
    longDecoder.decode(cursor, back, 0, back.length);
    assertThat(cursor.at()).as(what).isEqualTo(cursor.end());
    assertThat(back).as(what).isEqualTo(values);
  }

  private void point(byte[] bytes) {
    cursor.reset(Arrays.copyOf(bytes, bytes.length + ByteCursor.SLACK), 0, bytes.length, "file", 0);
  }

  /** Values of one kind of series. */
  private static double[] values(int kind, int count, SplittableRandom random) {
    double[] values = new double[count];
    double sum = random.nextInt(1000);
    double spread = Math.pow(10, random.nextInt(8));
    for (int i = 0; i < count; i++) {
      sum += random.nextDouble() * spread;
      values[i] =
          switch (kind) {
            case 0 -> NASTY[random.nextInt(NASTY.length)];
            case 1 -> Math.rint(sum);
            case 2 -> Math.rint(sum * 100) / 100;
            case 3 -> sum;
            case 4 -> Double.longBitsToDouble(random.nextLong());
            case 5 -> random.nextInt(10) == 0 ? Math.rint(sum) * 4096 : i == 0 ? 0 : values[i - 1];
            case 6 -> Math.rint(spread * (random.nextDouble() + random.nextDouble()));
            case 7 -> random.nextInt(100) == 0 ? NASTY[random.nextInt(NASTY.length)] : i * 5.0;
            case 8 -> 42.5;
            default -> i < count / 2 ? sum * 1e6 : (i - count / 2.0);
          };
    }
    if (random.nextBoolean()) {
      values[count - 1] = StaleMarker.VALUE;
    }
    return values;
  }

  @Test
  void anyDoublesComeBackBitForBit() {
    SplittableRandom random = Seeds.random("ColumnCodecTest");
    for (int i = 0; i < 20_000; i++) {
      int count = random.nextInt(4) == 0 ? 1 + random.nextInt(5) : 1 + random.nextInt(600);
      int kind = random.nextInt(10);
      roundTrip(values(kind, count, random), "round " + i + " kind " + kind);
    }
  }

  @Test
  void anyLongsComeBack() {
    SplittableRandom random = Seeds.random("ColumnCodecTest");
    for (int i = 0; i < 20_000; i++) {
      long[] values = new long[1 + random.nextInt(random.nextInt(4) == 0 ? 4 : 600)];
      int width = random.nextInt(65);
      long before = random.nextLong() >> random.nextInt(64);
      long factor = 1 + random.nextInt(3) * (random.nextLong() >>> random.nextInt(1, 64));
      for (int at = 0; at < values.length; at++) {
        long step = width == 0 ? 0 : random.nextLong() >>> (64 - width);
        before = random.nextInt(50) == 0 ? random.nextLong() : before + step * factor;
        values[at] = before;
      }
      roundTrip(values, "round " + i);
    }
    roundTrip(new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1, 1}, "extremes");
  }

  @Test
  void aDamagedColumnIsAnErrorOrOtherNumbersAndNothingElse() {
    SplittableRandom random = Seeds.random("ColumnCodecTest");
    for (int i = 0; i < 100_000; i++) {
      int count = 1 + random.nextInt(300);
      byte[] bytes = encoded(values(random.nextInt(10), count, random));
      if (random.nextInt(3) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      point(bytes);
      try {
        floatDecoder.decode(cursor, new double[count], new long[count], 0, count);
      } catch (StorageException.Corrupt e) {
        assertThat(e).hasMessageContaining("file is corrupt at byte");
      }
    }
  }

  @Test
  void theKindsOfSeriesTakeFewBytes() {
    SplittableRandom random = new SplittableRandom(1);
    double[] counter = new double[480];
    double[] gauge = new double[480];
    double[] seldom = new double[480];
    for (int i = 1; i < 480; i++) {
      counter[i] = counter[i - 1] + 50 + Math.rint(7 * random.nextGaussian());
      gauge[i] = Math.rint(gauge[i - 1] * 100 + 30 * random.nextGaussian()) / 100;
      seldom[i] = seldom[i - 1] + (random.nextInt(100) == 0 ? 1 : 0);
    }
    double[] constant = new double[480];
    Arrays.fill(constant, 0.25);
    assertThat(encoded(constant)).hasSizeLessThan(8);
    // The entropy of the steps is 4.85 and 6.95 bits.
    assertThat(encoded(counter).length * 8 / 480.0).isLessThan(5.25);
    assertThat(encoded(gauge).length * 8 / 480.0).isLessThan(7.35);
    assertThat(encoded(seldom).length * 8 / 480.0).isLessThan(0.3);
  }
}
