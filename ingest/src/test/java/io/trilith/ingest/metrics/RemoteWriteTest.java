package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RemoteWriteTest {
  private final Rejections rejections = new Rejections();

  private MetricBatch decode(ProtoWriter request) {
    byte[] message = request.toBytes();
    return new RemoteWriteDecoder(
            LimitsConfig.defaults(), rejections, false, MetricParts.whole(new MetricBatch()))
        .decode(message, message.length);
  }

  private static void label(ProtoWriter out, String name, String value) {
    int begin = out.begin(1);
    out.string(1, name).string(2, value);
    out.end(begin);
  }

  private static void sample(ProtoWriter out, double value, long timestamp) {
    int begin = out.begin(2);
    out.fixed64(1, Double.doubleToRawLongBits(value)).varint(2, timestamp);
    out.end(begin);
  }

  private static void series(ProtoWriter out, double value, String... labels) {
    int begin = out.begin(1);
    for (int i = 0; i < labels.length; i += 2) {
      label(out, labels[i], labels[i + 1]);
    }
    sample(out, value, 1000);
    out.end(begin);
  }

  @Test
  void readsWhatAnIndependentWriterWrote() {
    SplittableRandom random = Seeds.random("RemoteWriteTest");
    for (int round = 0; round < Seeds.iterations(100); round++) {
      ProtoWriter out = new ProtoWriter();
      Map<String, String> expected = new TreeMap<>();
      for (int s = 0; s < random.nextInt(20); s++) {
        Map<String, String> labels = new TreeMap<>();
        labels.put("__name__", "m" + s);
        for (int l = random.nextInt(5); l > 0; l--) {
          labels.put("l" + random.nextInt(50), "ü" + random.nextInt(1000));
        }
        int begin = out.begin(1);
        labels.forEach((name, value) -> label(out, name, value));
        for (int i = random.nextInt(1, 4); i > 0; i--) {
          double value = Double.longBitsToDouble(random.nextLong());
          long timestamp = random.nextLong();
          sample(out, value, timestamp);
          expected.merge(
              Labels.of(labels).toString(), value + "@" + timestamp, (a, b) -> a + " " + b);
        }
        out.end(begin);
      }
      assertThat(Recorder.samples(decode(out))).isEqualTo(expected);
    }
    assertThat(rejections.isEmpty()).isTrue();
  }

  @Test
  void refusesSeriesByNameAndKeepsTheRest() {
    ProtoWriter out = new ProtoWriter();
    series(out, 1, "z", "1", "__name__", "good", "e", "");
    series(out, 1, "__name__", "twice", "a", "1", "a", "2");
    series(out, 1, "a", "b");
    series(out, 1, "__name__", "nameless", "", "b");
    series(out, 1, "__name__", "long", "l", "v".repeat(5000));
    MetricBatch batch = decode(out);
    assertThat(batch.series()).containsExactly(Labels.of("__name__", "good", "z", "1"));
    assertThat(rejections.total()).isEqualTo(4);
    assertThat(rejections.message()).contains("'twice'").contains("'a'").contains("4 items");
  }

  @Test
  void namesLabelsThatAreNotUtf8() {
    ProtoWriter out = new ProtoWriter();
    int begin = out.begin(1);
    int pair = out.begin(1);
    out.string(1, "host").bytes(2, (byte) 0xff, (byte) 0xfe);
    out.end(pair);
    out.end(begin);
    assertThatThrownBy(() -> decode(out))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("label host is not valid UTF-8");
  }

  @Test
  void readsNativeHistogramsExemplarsAndMetadata() {
    ProtoWriter out = new ProtoWriter();
    int begin = out.begin(1);
    label(out, "__name__", "h");
    int exemplar = out.begin(3);
    label(out, "trace_id", "abc");
    out.fixed64(2, Double.doubleToRawLongBits(0.5)).varint(3, 7);
    out.end(exemplar);
    histogram(out, 6);
    histogram(out, 99);
    out.end(begin);
    int metadata = out.begin(3);
    out.varint(1, 3).string(2, "h").string(4, "helps").string(5, "seconds");
    out.end(metadata);
    MetricBatch batch = decode(out);
    assertThat(batch.histograms()).hasSize(1);
    NativeHistogram histogram = batch.histograms().getFirst().histogram();
    assertThat(histogram.schema()).isEqualTo(-2);
    assertThat(histogram.positiveOffsets()).containsExactly(-3);
    assertThat(histogram.positiveLengths()).containsExactly(3);
    assertThat(histogram.positiveCounts()).containsExactly(1, 3, 2);
    assertThat(batch.exemplars().getFirst().exemplar().labels())
        .isEqualTo(Labels.of("trace_id", "abc"));
    assertThat(batch.metadata())
        .containsEntry("h", new MetricMetadata(MetricMetadata.Type.HISTOGRAM, "seconds", "helps"));
    assertThat(rejections.message()).contains("'h'").contains("99");
  }

  /** Buckets 1, 3, 2 as deltas 1, +2, -1, from index -3 on. */
  private static void histogram(ProtoWriter out, int count) {
    int begin = out.begin(4);
    out.varint(1, count).fixed64(3, Double.doubleToRawLongBits(10)).varint(4, 3);
    int span = out.begin(11);
    out.varint(1, 5).varint(2, 3);
    out.end(span);
    out.bytes(12, (byte) 2, (byte) 4, (byte) 1).varint(15, 99);
    out.end(begin);
  }

  @Test
  void answersMalformedRequestsWithNothingButARefusal() {
    SplittableRandom random = Seeds.random("RemoteWriteTest");
    ProtoWriter out = new ProtoWriter();
    int begin = out.begin(1);
    label(out, "__name__", "h");
    sample(out, 1, 2);
    histogram(out, 6);
    out.end(begin);
    byte[] whole = out.toBytes();
    for (int i = 0; i < Seeds.iterations(3000); i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      try {
        new RemoteWriteDecoder(
                LimitsConfig.defaults(),
                new Rejections(),
                false,
                MetricParts.whole(new MetricBatch()))
            .decode(cut, cut.length);
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).contains("byte");
      }
    }
  }
}
