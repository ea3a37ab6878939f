package io.trilith.ingest.traces;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ByteSize;
import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OtlpTracesTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String IDS =
      "\"traceId\":\"" + TRACE + "\",\"spanId\":\"b7ad6b7169203331\",";

  private final Rejections rejections = new Rejections();
  private TraceLimitsConfig limits = TraceLimitsConfig.defaults();

  private static byte[] request(String resource, String... spans) {
    String json =
        "{\"resourceSpans\":[{"
            + resource
            + "\"scopeSpans\":[{\"scope\":{\"name\":\"lib\"},\"spans\":["
            + String.join(",", spans)
            + "]}]}]}";
    return OtlpJson.traces().toProtobuf(json.getBytes(StandardCharsets.UTF_8));
  }

  private SpanBatch decode(Rejections refused, byte[] message) {
    List<SpanBatch> batches = new ArrayList<>();
    OtlpTracesDecoder decoder =
        new OtlpTracesDecoder(limits, refused, Booking.unlimited(), batches::add);
    decoder.decode(message);
    decoder.finish();
    assertThat(batches).hasSizeLessThan(2);
    return batches.isEmpty() ? new SpanBatch() : batches.getFirst();
  }

  private SpanBatch decode(String... spans) {
    return decode(rejections, request("", spans));
  }

  @Test
  void keepsEverythingOfASpan() {
    byte[] message =
        request(
            "\"schemaUrl\":\"s\",\"resource\":{\"attributes\":[{\"key\":\"service.name\","
                + "\"value\":{\"stringValue\":\"shop\"}}],\"droppedAttributesCount\":1},",
            "{"
                + IDS
                + "\"parentSpanId\":\"00f067aa0ba902b7\",\"traceState\":\"a=1\",\"flags\":257,"
                + "\"name\":\"GET\",\"kind\":\"SPAN_KIND_SERVER\",\"startTimeUnixNano\":\"5\","
                + "\"endTimeUnixNano\":\"9\",\"status\":{\"code\":2,\"message\":\"bad\"},"
                + "\"attributes\":[{\"key\":\"i\",\"value\":{\"intValue\":\"42\"}},"
                + "{\"key\":\"b\",\"value\":{\"bytesValue\":\"AAEC\"}},"
                + "{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"boolValue\":true}]}}}],"
                + "\"events\":[{\"name\":\"e\",\"timeUnixNano\":\"6\"}],"
                + "\"links\":[{\"traceId\":\""
                + TRACE
                + "\",\"spanId\":\"b7ad6b7169203331\"}],\"droppedLinksCount\":3}");
    SpanBatch batch = decode(rejections, message);
    assertThat(rejections.isEmpty()).isTrue();
    Span span = batch.spans().getFirst();
    assertThat(span.traceId()).isEqualTo(TraceId.parse(TRACE));
    assertThat(span.parentId()).isEqualTo(0x00f067aa0ba902b7L);
    assertThat(span.kind()).isEqualTo(2);
    assertThat(span.flags()).isEqualTo(257);
    assertThat(span.status()).isEqualTo(new Span.Status(2, "bad"));
    assertThat(span.durationNanos()).isEqualTo(4);
    assertThat(span.attributes().find("i")).isEqualTo(new AttributeValue.Int(42));
    assertThat(span.attributes().find("b"))
        .isEqualTo(new AttributeValue.Bytes(new byte[] {0, 1, 2}));
    assertThat(span.events()).hasSize(1);
    assertThat(span.links().getFirst().spanId()).isEqualTo(0xb7ad6b7169203331L);
    assertThat(span.dropped()).isEqualTo(new Span.Dropped(0, 0, 3));
    assertThat(span.resource().schemaUrl()).isEqualTo("s");
    assertThat(span.scope().name()).isEqualTo("lib");
  }

  private static String nested(int depth) {
    return "{\"key\":\"deep\",\"value\":"
        + "{\"arrayValue\":{\"values\":[".repeat(depth)
        + "{\"intValue\":1}"
        + "]}}".repeat(depth)
        + "}";
  }

  @Test
  void refusesOnlyTheSpanOfWhichAnAttributeIsNestedTooDeep() {
    String deep = "\"attributes\":[" + nested(40) + "]";
    SpanBatch batch =
        decode(
            "{" + IDS + "\"name\":\"first\"}",
            "{" + IDS + deep + "}",
            "{" + IDS + "\"events\":[{" + deep + "}]}",
            "{"
                + IDS
                + "\"links\":[{\"traceId\":\""
                + TRACE
                + "\",\"spanId\":\"b7ad6b7169203331\","
                + deep
                + "}]}",
            "{" + IDS + "\"name\":\"last\"}");
    assertThat(batch.spans()).extracting(Span::name).containsExactly("first", "last");
    assertThat(rejections.total()).isEqualTo(3);
    assertThat(rejections.message()).contains("trace-limits.attribute-depth-max");
  }

  @Test
  void refusesTheSpansOfAResourceThatIsNestedTooDeep() {
    byte[] message =
        request(
            "\"resource\":{\"attributes\":[" + nested(40) + "]},", "{" + IDS + "\"name\":\"n\"}");
    assertThat(decode(rejections, message).spans()).isEmpty();
    assertThat(rejections.total()).isEqualTo(1);
  }

  @Test
  void readsBothAlphabetsOfBase64() {
    for (String text : List.of("-_8=", "-_8", "+/8=", "+/8")) {
      SpanBatch batch =
          decode(
              "{"
                  + IDS
                  + "\"attributes\":[{\"key\":\"b\",\"value\":{\"bytesValue\":\""
                  + text
                  + "\"}}]}");
      assertThat(batch.spans().getFirst().attributes().find("b"))
          .isEqualTo(new AttributeValue.Bytes(new byte[] {-5, -1}));
    }
  }

  @Test
  void keepsBothTimesOfASpanAsTheyWereSent() {
    long max = Long.MAX_VALUE;
    long[][] sent = {{9, 5}, {9, 8}, {9, 0}, {0, 9}, {0, 0}, {max, 0}, {max, 1}, {1, max}};
    for (long[] times : sent) {
      Span span =
          decode(
                  ("{" + IDS + "\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\",")
                          .formatted(times[0], times[1])
                      + "\"events\":[{\"timeUnixNano\":\"3\",\"name\":\"e\"}]}")
              .spans()
              .getFirst();
      assertThat(span.startNanos()).isEqualTo(times[0]);
      assertThat(span.endNanos()).isEqualTo(times[1]);
      assertThat(span.durationNanos()).isEqualTo(Math.max(0, times[1] - times[0]));
      assertThat(span.events().getFirst().timeNanos()).isEqualTo(3);
    }
    Span noEnd = decode("{" + IDS + "\"startTimeUnixNano\":\"9\"}").spans().getFirst();
    assertThat(noEnd.endNanos()).isZero();
    assertThat(noEnd.durationNanos()).isZero();
  }

  @Test
  void refusesWrongIdsOneByOneAndKeepsTheRest() {
    SpanBatch batch =
        decode(
            "{\"traceId\":\"0af7\",\"spanId\":\"b7ad6b7169203331\"}",
            "{\"traceId\":\"" + TRACE + "\",\"spanId\":\"0000000000000000\"}",
            "{\"spanId\":\"b7ad6b7169203331\"}",
            "{\"traceId\":\""
                + TRACE
                + "\",\"spanId\":\"b7ad6b7169203331\",\"parentSpanId\":\"ff\"}",
            "{\"traceId\":\"8448eb211c80319c\",\"spanId\":\"b7ad6b7169203331\"}");
    assertThat(batch.spans()).hasSize(1);
    assertThat(batch.spans().getFirst().traceId()).isEqualTo(new TraceId(0, 0x8448eb211c80319cL));
    assertThat(rejections.total()).isEqualTo(4);
    assertThat(rejections.message()).contains("a trace id of 2 bytes; it has 16");
  }

  @Test
  void keepsALinkThatPointsNowhere() {
    SpanBatch batch =
        decode(
            "{" + IDS + "\"links\":[{\"traceState\":\"a=1\"}]}",
            "{" + IDS + "\"links\":[{\"traceId\":\"\",\"spanId\":\"0000000000000000\"}]}",
            "{" + IDS + "\"links\":[{\"traceId\":\"0af7\"}]}");
    assertThat(batch.spans())
        .extracting(span -> span.links().getFirst().traceId())
        .containsExactly(new TraceId(0, 0), new TraceId(0, 0));
    assertThat(rejections.total()).isEqualTo(1);
    assertThat(rejections.message()).contains("a link's trace id of 2 bytes");
  }

  @Test
  void namesTheLimitThatASpanBreaks() {
    limits =
        new TraceLimitsConfig(
            1, 5, 1, 1, ByteSize.parse("1KiB"), 4, ByteSize.parse("0"), ByteSize.parse("0"));
    String attribute = "{\"key\":\"%s\",\"value\":{\"intValue\":1}}";
    String two = attribute.formatted("a") + "," + attribute.formatted("b");
    assertThat(decode("{" + IDS + "\"attributes\":[" + two + "]}").isEmpty()).isTrue();
    assertThat(rejections.message()).contains("trace-limits.attributes-max of 1");
    SpanBatch batch =
        decode(
            "{" + IDS + "\"name\":\"longer\"}",
            "{" + IDS + "\"events\":[{},{}]}",
            "{" + IDS + "\"name\":\"ok\"}");
    assertThat(batch.spans()).hasSize(1);
    assertThat(rejections.total()).isEqualTo(3);
  }

  @Test
  void answersDamagedBytesWithARefusalOnly() {
    SplittableRandom random = Seeds.random("answersDamagedBytesWithARefusalOnly");
    byte[] message =
        request(
            "",
            "{"
                + IDS
                + "\"name\":\"n\",\"attributes\":[{\"key\":\"k\",\"value\":{\"kvlistValue\":{\"values\":"
                + "[{\"key\":\"x\",\"value\":{\"doubleValue\":1.5}}]}}}],\"events\":[{\"name\":\"e\"}]}");
    for (int i = 0; i < Seeds.iterations(3_000); i++) {
      byte[] copy = Arrays.copyOf(message, random.nextInt(message.length + 1));
      for (int flips = random.nextInt(3); flips > 0 && copy.length > 0; flips--) {
        copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat(decode(new Rejections(), copy)).isNotNull();
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
