package io.trilith.tsdb.head;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FloatStreamsTest {
  private final PagePool pool = new PagePool(1 << 20);

  private record Sample(long time, long start, long bits) {}

  private static List<Sample> read(FloatStreams streams, int series, long from, long to) {
    SampleBuffer buffer = new SampleBuffer();
    streams.read(series, from, to, buffer);
    List<Sample> read = new ArrayList<>();
    for (int i = 0; i < buffer.size(); i++) {
      long bits = Double.doubleToRawLongBits(buffer.values()[i]);
      read.add(new Sample(buffer.timestamps()[i], buffer.startTimestamp(i), bits));
    }
    return read;
  }

  private static double value(SplittableRandom random, int kind, double last) {
    return switch (kind) {
      case 0 -> last;
      case 1 -> Math.rint(last) + random.nextInt(100);
      case 2 -> random.nextInt(100_000) / 100.0;
      case 3 -> random.nextInt(1000) / 1e6 + random.nextInt(10);
      case 4 -> random.nextDouble();
      case 5 -> Double.longBitsToDouble(random.nextLong());
      case 6 -> StaleMarker.VALUE;
      case 7 -> random.nextBoolean() ? -0.0 : 0.0;
      case 8 -> random.nextBoolean() ? Double.NEGATIVE_INFINITY : Double.MIN_VALUE;
      default -> (random.nextBoolean() ? 1L << 53 : -(1L << 53)) + random.nextInt(3) - 1;
    };
  }

  @Test
  void givesBackEveryBitOfEverySample() {
    SplittableRandom random = Seeds.random("FloatStreamsTest.givesBackEveryBit");
    for (int round = 0; round < Seeds.iterations(60); round++) {
      FloatStreams streams = new FloatStreams(pool);
      int count = 1 + random.nextInt(40);
      int spread = 1 << random.nextInt(14);
      List<List<Sample>> expected = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        expected.add(new ArrayList<>());
      }
      boolean starts = random.nextInt(3) == 0;
      for (int i = random.nextInt(4000); i > 0; i--) {
        int at = random.nextInt(count);
        List<Sample> samples = expected.get(at);
        Sample last = samples.isEmpty() ? new Sample(0, 0, 0) : samples.getLast();
        long step =
            switch (random.nextInt(8)) {
              case 0 -> random.nextLong(1L << random.nextInt(1, 62));
              case 1 -> -random.nextLong(1L << random.nextInt(1, 62));
              default -> 15_000 + random.nextInt(-spread % 20, 20);
            };
        long time = last.time + step;
        long start = starts ? last.start + (random.nextInt(9) == 0 ? random.nextLong() : 0) : 0;
        int kind = random.nextInt(3) == 0 ? random.nextInt(11) : at % 11;
        double value = value(random, kind, Double.longBitsToDouble(last.bits));
        boolean taken = streams.put(at * spread, time, start, value);
        assertThat(taken).isEqualTo(samples.isEmpty() || time > last.time);
        if (taken) {
          samples.add(new Sample(time, start, Double.doubleToRawLongBits(value)));
          assertThat(streams.isLast(at * spread, time, start, value)).isTrue();
          double other = Double.longBitsToDouble(Double.doubleToRawLongBits(value) ^ 1);
          assertThat(streams.isLast(at * spread, time, start, other)).isFalse();
        }
      }
      for (int i = 0; i < count; i++) {
        check(streams, i * spread, expected.get(i), random);
      }
      assertThat(streams.seriesCount())
          .isEqualTo((int) expected.stream().filter(samples -> !samples.isEmpty()).count());
      streams.release();
    }
  }

  private static void check(
      FloatStreams streams, int series, List<Sample> expected, SplittableRandom random) {
    assertThat(streams.isEmpty(series)).isEqualTo(expected.isEmpty());
    assertThat(read(streams, series, Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(expected);
    if (expected.isEmpty()) {
      return;
    }
    assertThat(streams.min(series)).isEqualTo(expected.getFirst().time);
    assertThat(streams.max(series)).isEqualTo(expected.getLast().time);
    long from = expected.get(random.nextInt(expected.size())).time;
    long to = expected.get(random.nextInt(expected.size())).time;
    assertThat(read(streams, series, from, to))
        .isEqualTo(expected.stream().filter(one -> one.time >= from && one.time <= to).toList());
  }

  @Test
  void aRegularCounterTakesTwoBytesASample() {
    FloatStreams streams = new FloatStreams(pool);
    long before = streams.bytes();
    for (int i = 0; i < 30_000; i++) {
      streams.put(0, 1_700_000_000_000L + i * 15_000L, 0, i * 17.0);
    }
    assertThat(streams.bytes() - before).isLessThan(300_000);
  }

  @Test
  void anEmptyOneIsSmall() {
    assertThat(new FloatStreams(pool).bytes()).isLessThan(2000);
  }
}
