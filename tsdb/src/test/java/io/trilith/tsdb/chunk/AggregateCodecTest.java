package io.trilith.tsdb.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Detail.Aggregate;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AggregateCodecTest {
  private static final long RESOLUTION = 300_000;

  private final AggregateEncoder encoder = new AggregateEncoder();
  private final ChunkDecoder decoder = new ChunkDecoder();

  /** A counter with resets, or a gauge; gaps, markers, and times that are not round. */
  private static SampleBuffer series(SplittableRandom random) {
    SampleBuffer samples = new SampleBuffer();
    boolean counter = random.nextBoolean();
    int resets = random.nextBoolean() ? 40 : 1000;
    long time = random.nextLong(-1_000_000, 1_000_000);
    double value = 0;
    for (int left = 40 + random.nextInt(1000); left > 0; left--) {
      value =
          !counter ? random.nextInt(-50, 50) / 4.0 : random.nextInt(resets) == 0 ? 1 : value + 2;
      samples.add(time, random.nextInt(60) == 0 ? StaleMarker.VALUE : value);
      time +=
          random.nextInt(100) == 0 ? random.nextInt(2_000_000) + 1 : 14_990 + random.nextInt(20);
    }
    return samples;
  }

  private byte[] encoded(SampleBuffer samples) {
    ByteWriter out = new ByteWriter();
    assertThat(encoder.encode(samples, RESOLUTION, out)).isEqualTo(out.size() > 0);
    return out.toArray();
  }

  private SampleBuffer read(byte[] record, Aggregate wanted, long min, long max) {
    decoder
        .cursor()
        .reset(
            Arrays.copyOf(record, record.length + ByteCursor.SLACK), 0, record.length, "file", 0);
    SampleBuffer into = new SampleBuffer();
    return decoder.aggregates(wanted, min, max, into) ? into : new SampleBuffer();
  }

  private static double change(SampleBuffer of) {
    double change = 0;
    double before = Double.NaN;
    for (int i = 0; i < of.size(); i++) {
      double value = of.values()[i];
      if (!StaleMarker.is(value)) {
        change += Double.isNaN(before) ? 0 : value < before ? value : value - before;
        before = value;
      }
    }
    return change;
  }

  private static int samples(SampleBuffer of) {
    int samples = 0;
    for (int i = 0; i < of.size(); i++) {
      samples += StaleMarker.is(of.values()[i]) ? 0 : of.weight(i);
    }
    return samples;
  }

  private static SampleBuffer between(SampleBuffer all, long after, long until) {
    SampleBuffer part = new SampleBuffer();
    for (int i = 0; i < all.size(); i++) {
      if (all.timestamps()[i] > after && all.timestamps()[i] <= until) {
        part.add(all.timestamps()[i], all.values()[i]);
      }
    }
    return part;
  }

  private static List<Double> values(SampleBuffer of) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < of.size(); i++) {
      if (!StaleMarker.is(of.values()[i])) {
        values.add(of.values()[i]);
      }
    }
    return values;
  }

  @Test
  void windowsComeToWhatTheirSamplesComeTo() {
    SplittableRandom random = Seeds.random("AggregateCodecTest");
    int changes = 0;
    for (int round = 0; round < 300; round++) {
      SampleBuffer all = series(random);
      byte[] record = encoded(all);
      if (record.length == 0) {
        continue;
      }
      long first = Math.floorDiv(all.timestamps()[0] - 1, RESOLUTION);
      long count = Math.ceilDiv(all.timestamps()[all.size() - 1], RESOLUTION) - first;
      for (int question = 0; question < 20; question++) {
        long after = (first + random.nextLong(count)) * RESOLUTION;
        long until = after + RESOLUTION * (1 + random.nextLong(3));
        SampleBuffer part = between(all, after, until);
        List<Double> expected = values(part);
        SampleBuffer sums = read(record, Aggregate.SUM, after + 1, until);
        assertThat(samples(sums)).isEqualTo(expected.size());
        assertThat(values(sums).stream().mapToDouble(v -> v).sum())
            .isEqualTo(expected.stream().mapToDouble(v -> v).sum());
        assertThat(
                values(read(record, Aggregate.LEAST, after + 1, until)).stream()
                    .min(Double::compare))
            .isEqualTo(expected.stream().min(Double::compare));
        assertThat(
                values(read(record, Aggregate.GREATEST, after + 1, until)).stream()
                    .max(Double::compare))
            .isEqualTo(expected.stream().max(Double::compare));
        SampleBuffer last = read(record, Aggregate.LAST, after + 1, until);
        assertThat(last.size() == 0).isEqualTo(part.size() == 0);
        if (part.size() > 0) {
          assertThat(last.timestamps()[last.size() - 1])
              .isEqualTo(part.timestamps()[part.size() - 1]);
          assertThat(Double.doubleToRawLongBits(last.values()[last.size() - 1]))
              .isEqualTo(Double.doubleToRawLongBits(part.values()[part.size() - 1]));
        }
        SampleBuffer ends = read(record, Aggregate.ENDS, after + 1, until);
        if (!expected.isEmpty()) {
          assertThat(ends.values()[0]).isEqualTo(expected.getFirst());
          assertThat(ends.values()[ends.size() - 1]).isEqualTo(expected.getLast());
        }
        SampleBuffer change = read(record, Aggregate.CHANGE, after + 1, until);
        if (change.size() > 0) {
          changes++;
          assertThat(change(change)).isEqualTo(change(part));
          assertThat(samples(change)).isEqualTo(expected.size());
        }
      }
    }
    assertThat(changes).isPositive();
  }

  @Test
  void aDamagedRecordIsAnErrorOrOtherNumbersAndNothingElse() {
    SplittableRandom random = Seeds.random("AggregateCodecTest");
    byte[] record = {};
    for (int i = 0; i < 20_000; i++) {
      if (i % 100 == 0 || record.length == 0) {
        record = encoded(series(random));
        continue;
      }
      byte[] bad = record.clone();
      if (random.nextInt(3) == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      } else if (random.nextInt(10) == 0) {
        random.nextBytes(bad);
      } else {
        for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
          bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      for (Aggregate wanted : Aggregate.values()) {
        try {
          assertThat(read(bad, wanted, Long.MIN_VALUE, Long.MAX_VALUE)).isNotNull();
        } catch (StorageException.Corrupt e) {
          assertThat(e).hasMessageContaining("file is corrupt at byte");
        }
      }
    }
  }

  @Test
  void whatCannotBeToldByWindowsIsLeftToItsSamples() {
    SampleBuffer few = new SampleBuffer();
    SampleBuffer wild = new SampleBuffer();
    SampleBuffer started = new SampleBuffer();
    for (int i = 0; i < 100; i++) {
      few.add(i * RESOLUTION, i);
      wild.add(i * 15_000L, i == 50 ? Double.NaN : i);
      started.add(i * 15_000L, i);
      started.startedAt(1);
    }
    for (SampleBuffer each : List.of(few, wild, started, new SampleBuffer())) {
      assertThat(encoded(each)).isEmpty();
    }
  }
}
