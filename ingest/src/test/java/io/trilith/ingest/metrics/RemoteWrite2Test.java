package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RemoteWrite2Test {
  private final Rejections rejections = new Rejections();
  private final Map<String, Integer> symbols = new LinkedHashMap<>(Map.of("", 0));
  private final ProtoWriter body = new ProtoWriter();

  private int symbol(String text) {
    int next = symbols.size();
    return symbols.computeIfAbsent(text, t -> next);
  }

  private void references(int field, String... texts) {
    ProtoWriter packed = new ProtoWriter();
    for (String text : texts) {
      packed.rawVarint(symbol(text));
    }
    body.bytes(field, packed.toBytes());
  }

  private void sample(double value, long time, long start) {
    int begin = body.begin(2);
    body.fixed64(1, Double.doubleToRawLongBits(value)).varint(2, time);
    if (start != 0) {
      body.varint(3, start);
    }
    body.end(begin);
  }

  private void series(double value, String... labels) {
    int begin = body.begin(5);
    references(1, labels);
    sample(value, 1000, 0);
    body.end(begin);
  }

  private byte[] message() {
    ProtoWriter out = new ProtoWriter();
    symbols.keySet().forEach(text -> out.string(4, text));
    byte[] head = out.toBytes();
    byte[] whole = Arrays.copyOf(head, head.length + body.size());
    System.arraycopy(body.toBytes(), 0, whole, head.length, body.size());
    return whole;
  }

  private MetricBatch decode() {
    return new RemoteWrite2Decoder(
            LimitsConfig.defaults(), rejections, message(), MetricParts.whole(new MetricBatch()))
        .decode(Booking.unlimited());
  }

  @Test
  void readsWhatAnIndependentWriterWrote() {
    SplittableRandom random = Seeds.random("RemoteWrite2Test");
    Map<String, String> expected = new TreeMap<>();
    for (int s = 0; s < Seeds.iterations(200); s++) {
      TreeMap<String, String> labels = new TreeMap<>(Map.of("__name__", "m" + s));
      for (int l = random.nextInt(5); l > 0; l--) {
        labels.put("l" + random.nextInt(50), "ü" + random.nextInt(1000));
      }
      String[] flat =
          labels.entrySet().stream()
              .flatMap(e -> Stream.of(e.getKey(), e.getValue()))
              .toArray(String[]::new);
      int begin = body.begin(5);
      references(1, flat);
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        double value = Double.longBitsToDouble(random.nextLong());
        long time = random.nextLong();
        sample(value, time, 0);
        expected.merge(Labels.of(labels).toString(), value + "@" + time, (a, b) -> a + " " + b);
      }
      body.end(begin);
    }
    assertThat(Recorder.samples(decode())).isEqualTo(expected);
    assertThat(rejections.isEmpty()).isTrue();
  }

  @Test
  void takesStartsFromSamplesAndFromTheirSeries() {
    int begin = body.begin(5);
    references(1, "__name__", "c");
    sample(1, 1000, 400);
    sample(2, 2000, 0);
    int histogram = body.begin(3);
    body.varint(15, 3000).varint(17, 600);
    body.end(histogram);
    body.varint(6, 500);
    body.end(begin);
    MetricBatch batch = decode();
    assertThat(batch.sampleStart(0)).isEqualTo(400);
    assertThat(batch.sampleStart(1)).isEqualTo(500);
    assertThat(batch.histograms().getFirst().startTimestamp()).isEqualTo(600);
  }

  @Test
  void readsExemplarsAndMetadataOfASeries() {
    bucketWithExemplarAndMetadata();
    MetricBatch batch = decode();
    assertThat(batch.exemplars().getFirst().exemplar().labels())
        .isEqualTo(Labels.of("trace_id", "abc"));
    assertThat(batch.metadata())
        .containsOnly(
            Map.entry(
                "latency", new MetricMetadata(MetricMetadata.Type.HISTOGRAM, "seconds", "helps")));
  }

  private void bucketWithExemplarAndMetadata() {
    int begin = body.begin(5);
    references(1, "__name__", "latency_bucket", "le", "1");
    sample(1, 1000, 0);
    int exemplar = body.begin(4);
    references(1, "trace_id", "abc");
    body.fixed64(2, Double.doubleToRawLongBits(0.5)).varint(3, 990);
    body.end(exemplar);
    int metadata = body.begin(5);
    body.varint(1, 3).varint(3, symbol("helps")).varint(4, symbol("seconds"));
    body.end(metadata);
    body.end(begin);
  }

  @Test
  void refusesSeriesByNameAndKeepsTheRest() {
    series(1, "z", "1", "__name__", "good", "e", "");
    series(1, "__name__", "twice", "a", "1", "a", "2");
    series(1, "a", "b");
    series(1, "__name__", "long", "l", "v".repeat(5000));
    MetricBatch batch = decode();
    assertThat(batch.series()).containsExactly(Labels.of("__name__", "good", "z", "1"));
    assertThat(rejections.total()).isEqualTo(3);
    assertThat(rejections.message()).contains("'twice'").contains("'a'");
  }

  @Test
  void refusesReferencesToNothing() {
    int begin = body.begin(5);
    body.varint(1, 0).varint(1, 99);
    sample(1, 1, 0);
    body.end(begin);
    assertThatThrownBy(this::decode)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("symbol 99");
  }

  @Test
  void refusesHalfAPair() {
    int begin = body.begin(5);
    body.varint(1, 0);
    sample(1, 1, 0);
    body.end(begin);
    assertThatThrownBy(this::decode)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("pairs");
  }

  @Test
  void answersMalformedRequestsWithNothingButARefusal() {
    SplittableRandom random = Seeds.random("RemoteWrite2Test");
    bucketWithExemplarAndMetadata();
    byte[] whole = message();
    for (int i = 0; i < Seeds.iterations(3000); i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      try {
        MetricBatch batch =
            new RemoteWrite2Decoder(
                    LimitsConfig.defaults(),
                    new Rejections(),
                    cut,
                    MetricParts.whole(new MetricBatch()))
                .decode(Booking.unlimited());
        assertThat(batch.series()).hasSize(batch.seriesCount());
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
