package io.trilith.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.trilith.net.wire.ProtoReader;
import io.trilith.net.wire.ProtoWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Grafana's streaming: gRPC on the port of HTTP, the answers those of the HTTP API. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamingQuerierTest {
  private final long start = Instant.now().getEpochSecond() - 100;
  private static final int TRACES = 30;

  private ServerProcess server;
  private ManagedChannel channel;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    server = new ServerProcess(directory);
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.httpPort()).usePlaintext().build();
    StringBuilder spans = new StringBuilder();
    for (int i = 0; i < TRACES; i++) {
      spans.append(i == 0 ? "" : ",").append(span(i));
    }
    String body =
        """
        {"resourceSpans":[{"resource":{"attributes":[
          {"key":"service.name","value":{"stringValue":"shop"}}]},
          "scopeSpans":[{"scope":{},"spans":[%s]}]}]}
        """
            .formatted(spans);
    assertThat(server.post("/v1/traces", "application/json", body.getBytes(UTF_8)).statusCode())
        .isEqualTo(200);
  }

  /** The traces begin one second after the other; every third is slow. */
  private String span(int i) {
    long begin = (start + i) * 1_000_000_000L;
    return """
    {"traceId":"%032x","spanId":"%016x","name":"buy","kind":2,
     "startTimeUnixNano":"%d","endTimeUnixNano":"%d",
     "attributes":[{"key":"items","value":{"intValue":"%d"}}]}
    """
        .formatted(i + 1, i + 1, begin, begin + (i % 3 == 0 ? 700_000_000L : 5_000_000L), i);
  }

  @AfterAll
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    MethodDescriptor.Marshaller<byte[]> bytes =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            try {
              return stream.readAllBytes();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setFullMethodName("tempopb.StreamingQuerier/" + name)
        .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
        .setRequestMarshaller(bytes)
        .setResponseMarshaller(bytes)
        .build();
  }

  private List<byte[]> call(String name, ProtoWriter request) {
    List<byte[]> messages = new ArrayList<>();
    ClientCalls.blockingServerStreamingCall(
            channel, method(name), CallOptions.DEFAULT, request.toBytes())
        .forEachRemaining(messages::add);
    assertThat(messages).as(name).isNotEmpty().allMatch(m -> !fields(m, 2).isEmpty());
    return messages;
  }

  /** The contents of the nested messages and texts of a field. */
  private static List<byte[]> fields(byte[] message, int wanted) {
    List<byte[]> found = new ArrayList<>();
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == wanted) {
        found.add(in.bytes());
      } else {
        in.skip();
      }
    }
    return found;
  }

  private static List<byte[]> fields(List<byte[]> messages, int wanted) {
    return messages.stream().flatMap(message -> fields(message, wanted).stream()).toList();
  }

  private static String text(byte[] message, int field) {
    return new String(fields(message, field).getFirst(), UTF_8);
  }

  private ProtoWriter search(String query, int limit) {
    return new ProtoWriter()
        .varint(4, limit)
        .varint(5, start - 10)
        .varint(6, start + 100)
        .string(8, query);
  }

  @Test
  void aSearchStreamsTheNewestTracesWholeAndEachMessageHasMetrics() {
    List<byte[]> traces =
        fields(call("Search", search("{ duration > 100ms } | select(span.items)", 4)), 1);
    assertThat(traces).extracting(trace -> text(trace, 1)).containsExactly("1c", "19", "16", "13");
    for (byte[] trace : traces) {
      assertThat(text(trace, 2)).isEqualTo("shop");
      assertThat(text(trace, 3)).isEqualTo("buy");
      byte[] span = fields(fields(trace, 7), 1).getFirst();
      assertThat(text(span, 2)).isEqualTo("buy");
      assertThat(fields(span, 5)).anyMatch(pair -> text(pair, 1).equals("items"));
    }
  }

  @Test
  void olderSearchesByTagsAndDurationAreUnderstood() {
    ProtoWriter request = new ProtoWriter();
    int entry = request.begin(1);
    request.string(1, "items").string(2, "3").end(entry);
    request.varint(2, 100).varint(4, 20);
    assertThat(fields(call("Search", request), 1))
        .extracting(trace -> text(trace, 1))
        .containsExactly("4");
  }

  @Test
  void tagsAndTheirValuesComeInOneMessage() {
    assertThat(fields(call("SearchTags", new ProtoWriter().string(1, "span")), 1))
        .extracting(name -> new String(name, UTF_8))
        .containsExactly("items");
    assertThat(fields(call("SearchTagsV2", new ProtoWriter()), 1))
        .extracting(scope -> text(scope, 1))
        .containsExactlyInAnyOrder("resource", "span", "intrinsic");
    assertThat(fields(call("SearchTagValues", new ProtoWriter().string(1, "service.name")), 1))
        .extracting(value -> new String(value, UTF_8))
        .containsExactly("shop");
    ProtoWriter typed = new ProtoWriter().string(1, "span.items").string(2, "{ span.items < 2 }");
    assertThat(fields(call("SearchTagValuesV2", typed), 1))
        .extracting(value -> text(value, 1) + " " + text(value, 2))
        .containsExactly("int 0", "int 1");
  }

  @Test
  void metricsStreamEveryPointOnce() {
    ProtoWriter range =
        new ProtoWriter()
            .string(1, "{} | count_over_time()")
            .varint(2, (start - 10) * 1_000_000_000L)
            .varint(3, (start + 30) * 1_000_000_000L)
            .varint(4, 10_000_000_000L);
    double sum = 0;
    for (byte[] sample : fields(fields(call("MetricsQueryRange", range), 1), 2)) {
      ProtoReader in = new ProtoReader(sample);
      assertThat(in.next()).isEqualTo(1);
      sum += in.float64();
    }
    assertThat(sum).isEqualTo(TRACES);
    List<byte[]> instant = call("MetricsQueryInstant", range);
    ProtoReader series = new ProtoReader(fields(instant.getLast(), 1).getFirst());
    while (series.next() != 2) {
      series.skip();
    }
    assertThat(series.float64()).isEqualTo(TRACES);
  }

  @Test
  void aWrongQueryIsNamed() {
    assertThatThrownBy(() -> call("Search", search("{ duration > }", 4)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("invalid TraceQL query");
  }
}
