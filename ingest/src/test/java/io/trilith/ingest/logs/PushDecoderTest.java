package io.trilith.ingest.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.ingest.Rejections;
import io.trilith.logstore.LogBatch;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushDecoderTest {
  private final Rejections rejections = new Rejections();
  private final LogCollector collector = LogTests.collector(rejections);
  private final PushDecoder decoder = new PushDecoder(collector, Booking.unlimited());

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] line(LogBatch batch, int entry) {
    return Arrays.copyOfRange(batch.lines(), batch.lineStart(entry), batch.lineEnd(entry));
  }

  private static byte[] protobuf(String labels, byte[]... lines) {
    ProtoWriter out = new ProtoWriter();
    int stream = out.begin(1);
    out.string(1, labels);
    for (byte[] line : lines) {
      int entry = out.begin(2);
      int time = out.begin(1);
      out.varint(1, 7).varint(2, 5);
      out.end(time);
      out.bytes(2, line);
      out.end(entry);
    }
    out.end(stream);
    return out.toBytes();
  }

  @Test
  void keepsLinesMetadataAndAddsServiceAndLevel() {
    decoder.json(
        utf8(
            "{\"x\":[1],\"streams\":[{\"values\":[[\"5\",\"a\\u0000\\n é ERROR\",{\"we.ird\":\"w\"}]],"
                + "\"stream\":{\"app\":\"api\"}}]}"));
    LogBatch batch = collector.batch();
    assertThat(rejections.isEmpty()).isTrue();
    assertThat(batch.streams()).containsExactly(Labels.of("app", "api", "service_name", "api"));
    assertThat(batch.time(0)).isEqualTo(5);
    assertThat(line(batch, 0)).isEqualTo(utf8("a\0\n é ERROR"));
    assertThat(batch.metadata(0)).isEqualTo(Labels.of("detected_level", "error", "we_ird", "w"));
  }

  @Test
  void readsTheJsonOfTheFirstApi() {
    decoder.json(
        utf8(
            "{\"streams\":[{\"labels\":\"{app=\\\"a\\\"}\",\"entries\":["
                + "{\"ts\":\"1970-01-01T02:00:01.5+02:00\",\"line\":\"one\"},"
                + "{\"ts\":\"yesterday\",\"line\":\"two\"},{\"line\":\"three\"},"
                + "{\"line\":\"four\",\"ts\":\"1970-01-01T00:00:02Z\"}]}]}"));
    LogBatch batch = collector.batch();
    assertThat(batch.entries()).isEqualTo(2);
    assertThat(batch.time(0)).isEqualTo(1_500_000_000L);
    assertThat(line(batch, 1)).isEqualTo(utf8("four"));
    assertThat(rejections.total()).isEqualTo(2);
    assertThat(rejections.message()).contains("yesterday");
  }

  @Test
  void keepsAnyBytesOfProtobufLines() {
    SplittableRandom random = Seeds.random("PushDecoderTest");
    byte[][] lines = new byte[200][];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = new byte[random.nextInt(300)];
      random.nextBytes(lines[i]);
    }
    decoder.protobuf(protobuf("{job=\"j\"}", lines));
    assertThat(collector.batch().entries()).isEqualTo(lines.length);
    assertThat(collector.batch().time(0)).isEqualTo(7_000_000_005L);
    for (int i = 0; i < lines.length; i++) {
      assertThat(line(collector.batch(), i)).isEqualTo(lines[i]);
    }
  }

  @Test
  void keepsTheGoodRestAndNamesTheBad() {
    String big = "y".repeat((256 << 10) + 1);
    decoder.json(
        utf8(
            "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"1\",\"good\"],[\"2\",\""
                + big
                + "\"]]},{\"stream\":{\"b-d\":\"v\"},\"values\":[[\"1\",\"x\"]]}]}"));
    assertThat(collector.batch().entries()).isEqualTo(1);
    assertThat(rejections.total()).isEqualTo(2);
    assertThat(rejections.message()).contains("max entry size").contains("app=\"a\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,\"x\"]|not a string of nanoseconds",
        "[\"1.5\",\"x\"]|'1.5' is not nanoseconds",
        "[\"1\",5]|a line is not a string",
        "[\"1\",\"x\",{\"m\":{\"n\":[1]}}]|'m' is not a string",
        "[\"1\",\"x\",[]]|not an object",
        "[\"1\",\"x\",{},{\"a\":[{}]}]|more than three parts",
        "[]|empty",
        "[\"1\"]|no line",
        "[\"-1\",\"x\"]|before 1970"
      })
  void aWrongEntryIsNamedAndTheOthersAreKept(String entryAndReason) {
    int bar = entryAndReason.indexOf('|');
    StringBuilder values = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      values.append(i == 0 ? "" : ",");
      values.append(
          i == 5000 ? entryAndReason.substring(0, bar) : "[\"" + i + "\",\"line\",{\"k\":\"v\"}]");
    }
    decoder.json(utf8("{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[" + values + "]}]}"));
    assertThat(collector.batch().entries()).isEqualTo(9_999);
    assertThat(rejections.total()).isEqualTo(1);
    assertThat(rejections.message()).contains(entryAndReason.substring(bar + 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "null",
        "{\"streams\":{}}",
        "{\"streams\":[{\"stream\":[],\"values\":[]}]}",
        "{\"streams\":[]} garbage",
        "{\"streams\":[{"
      })
  void refusesWhatIsNoPush(String body) {
    assertThatThrownBy(() -> decoder.json(utf8(body))).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void survivesDamagedProtobuf() {
    SplittableRandom random = Seeds.random("PushDecoderTest.damaged");
    byte[] good = protobuf("{job=\"j\"}", utf8("one"), utf8("two"));
    for (int i = 0; i < 2000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 1));
      if (bad.length > 0) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        new PushDecoder(LogTests.collector(rejections), Booking.unlimited()).protobuf(bad);
      } catch (InvalidRequestException refused) {
        assertThat(refused.getMessage()).isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "{}x", "{a}", "{a=b}", "{a=\"b}", "{a=\"1\",a=\"2\"}", "{a=\"\\q\"}"})
  void refusesLabelTextThatIsNone(String text) {
    assertThatThrownBy(() -> StreamLabels.parse(text)).isInstanceOf(InvalidRequestException.class);
  }
}
