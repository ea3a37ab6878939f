package io.trilith.tsdb.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Records that say their series in full. */
class BatchCodecTest {
  private static byte[] encode(MetricBatch batch) {
    ByteBuffer view = BatchCodec.encode(batch);
    byte[] bytes = new byte[view.remaining()];
    view.get(bytes);
    return bytes;
  }

  private static MetricBatch decode(byte[] record) {
    return BatchCodec.decode(new ByteReader(ByteBuffer.wrap(record), "record", 0), "record");
  }

  /** What a batch says, whatever the numbers of its series. */
  private static List<String> contents(MetricBatch batch) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < batch.samples(); i++) {
      all.add(
          batch.labels(batch.sampleSeries(i))
              + " "
              + batch.sampleTime(i)
              + " "
              + batch.sampleStart(i)
              + " "
              + Long.toHexString(Double.doubleToRawLongBits(batch.sampleValue(i))));
    }
    for (MetricBatch.HistogramSample one : batch.histograms()) {
      all.add(
          batch.labels(one.series())
              + " "
              + one.timestamp()
              + " "
              + one.startTimestamp()
              + " "
              + one.histogram().sum()
              + one.histogram().count());
    }
    for (MetricBatch.ExemplarOf one : batch.exemplars()) {
      all.add(batch.labels(one.series()) + " " + one.exemplar());
    }
    all.add(new TreeMap<>(batch.metadata()).toString());
    return all;
  }

  private static NativeHistogram histogram() {
    return new NativeHistogram(
        0,
        NativeHistogram.ResetHint.UNKNOWN,
        true,
        0.1,
        1,
        4,
        2.5,
        new int[] {0},
        new int[] {2},
        new double[] {1, 2},
        new int[0],
        new int[0],
        new double[0],
        new double[0]);
  }

  private static MetricBatch small() {
    MetricBatch batch = new MetricBatch();
    int unused = batch.addSeries(Labels.of(Labels.NAME, "unused"));
    assertThat(unused).isZero();
    int up = batch.addSeries(Labels.of(Labels.NAME, "up", "job", "api"));
    int down = batch.addSeries(Labels.of(Labels.NAME, "down", "job", "api"));
    batch.addSample(down, 1_795_204_800_000L, 0, 1.5);
    batch.addSample(up, 1_795_204_800_000L, 1_795_204_000_000L, 1);
    batch.addSample(up, 1_795_204_815_000L, 1_795_204_000_000L, -0.0);
    batch.addExemplar(up, new Exemplar(Labels.of("trace_id", "abc"), 0.5, 1_795_204_800_001L));
    batch.addMetadata("up", new MetricMetadata(MetricMetadata.Type.GAUGE, "", "Whether it is up."));
    return batch;
  }

  @Test
  void aRecordOfVersion3DecodesForEver() {
    byte[] golden = Golden.bytes("tsdb", "log-record-3.bin", encode(small()));
    assertThat(contents(decode(golden))).isEqualTo(contents(small()));
    assertThat(decode(golden).seriesCount()).as("those with items").isEqualTo(2);
  }

  @Test
  void theDocumentedContentIsRead() {
    String content = "01" + "0f0a0d0a085f5f6e616d655f5f12016d" + "01000302" + "06" + "0000" + "00";
    byte[] raw = HexFormat.of().parseHex(content);
    ByteWriter out = new ByteWriter();
    ByteWriter in = new ByteWriter();
    in.putBytes(raw);
    out.putByte(3);
    Packed.packFast(in, out);
    assertThat(contents(decode(out.toArray())).getFirst())
        .contains("m")
        .endsWith(" 1 0 " + Long.toHexString(Double.doubleToRawLongBits(3)));
  }

  @Test
  void bringsBackWhateverIsWritten() {
    SplittableRandom random = Seeds.random("bringsBackWhateverIsWritten");
    for (int round = 0; round < Seeds.iterations(500); round++) {
      MetricBatch batch = random(random);
      assertThat(contents(decode(encode(batch)))).isEqualTo(contents(batch));
    }
  }

  private static MetricBatch random(SplittableRandom random) {
    MetricBatch batch = new MetricBatch();
    int series = random.nextInt(1, 20);
    for (int i = 0; i < series; i++) {
      batch.addSeries(Labels.of(Labels.NAME, "m" + random.nextInt(9), "le", "\u00e9" + i));
    }
    for (int left = random.nextInt(60); left > 0; left--) {
      double value =
          random.nextBoolean()
              ? Double.longBitsToDouble(random.nextLong())
              : random.nextLong() >> random.nextInt(64);
      long start = random.nextBoolean() ? 0 : random.nextLong();
      batch.addSample(random.nextInt(series), random.nextLong(), start, value);
    }
    for (int left = random.nextInt(3); left > 0; left--) {
      batch.addHistogram(random.nextInt(series), random.nextLong(), 7, histogram());
    }
    for (int left = random.nextInt(3); left > 0; left--) {
      Exemplar one = new Exemplar(Labels.of("id", "x" + left), random.nextDouble(), left);
      batch.addExemplar(random.nextInt(series), one);
    }
    if (random.nextBoolean()) {
      batch.addMetadata("m1", new MetricMetadata(MetricMetadata.Type.COUNTER, "s", "help"));
    }
    return batch;
  }

  @Test
  void readsOrRefusesEveryTruncationAndFlippedBit() {
    byte[] good = encode(small());
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> decode(cut)).isInstanceOf(StorageException.Corrupt.class);
    }
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      readsOrRefuses(bad);
    }
  }

  @Test
  void readsOrRefusesWhateverIsCompressed() {
    SplittableRandom random = Seeds.random("readsOrRefusesWhateverIsCompressed");
    byte[] record = encode(small());
    byte[] good =
        Packed.unpack(
            new ByteReader(ByteBuffer.wrap(record, 1, record.length - 1).slice(), "r", 0));
    for (int i = 0; i < Seeds.iterations(20_000); i++) {
      byte[] bad =
          Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
      for (int left = random.nextInt(3); left > 0 && bad.length > 0; left--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      ByteWriter raw = new ByteWriter();
      raw.putBytes(bad);
      ByteWriter out = new ByteWriter();
      out.putByte(3);
      Packed.packFast(raw, out);
      readsOrRefuses(out.toArray());
    }
  }

  private static void readsOrRefuses(byte[] record) {
    try {
      assertThat(decode(record).seriesCount()).isNotNegative();
    } catch (StorageException.Corrupt e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }

  @Test
  void refusesAContentThatSaysItIsHuge() {
    ByteWriter out = new ByteWriter();
    out.putByte(3);
    out.putVarint(1L << 40);
    out.putBytes(new byte[64]);
    assertThatThrownBy(() -> decode(out.toArray()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("bytes");
  }
}
