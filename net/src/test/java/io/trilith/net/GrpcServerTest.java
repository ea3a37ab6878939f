package io.trilith.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcServerTest {
  private final TestServer server = new TestServer();
  private final List<ManagedChannel> channels = new ArrayList<>();

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.close();
  }

  private ManagedChannel channel(boolean shared) {
    int port = shared ? server.server().httpPort() : server.server().otlpGrpcPort();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  private static MethodDescriptor<byte[], byte[]> method(
      String name, MethodDescriptor.MethodType type) {
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
        .setFullMethodName(name)
        .setType(type)
        .setRequestMarshaller(bytes)
        .setResponseMarshaller(bytes)
        .build();
  }

  private static byte[] call(io.grpc.Channel channel, String name, CallOptions options, int size) {
    return ClientCalls.blockingUnaryCall(
        channel, method(name, MethodDescriptor.MethodType.UNARY), options, new byte[size]);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void answersUnaryCallsOnBothPorts(boolean shared) throws Exception {
    for (ScopedRoutes routes : List.of(server.http, server.otlpGrpc)) {
      routes
          .writes()
          .unary("a.B/Size", (tenant, message, _) -> new byte[message.length * 2])
          .unary(
              "a.B/Invalid",
              (tenant, message, _) -> {
                throw new InvalidRequestException("bad field x");
              })
          .unary(
              "a.B/Busy",
              (tenant, message, _) -> {
                throw LimitExceededException.busy("full");
              })
          .unary(
              "a.B/Bug",
              (tenant, message, _) -> {
                throw new IllegalStateException("secret");
              });
    }
    server.start();
    ManagedChannel channel = channel(shared);
    assertThat(call(channel, "a.B/Size", CallOptions.DEFAULT, 300_000)).hasSize(600_000);
    assertThat(call(channel, "a.B/Size", CallOptions.DEFAULT.withCompression("gzip"), 500_000))
        .hasSize(1_000_000);
    assertStatus(channel, "a.B/Invalid", 1, Status.Code.INVALID_ARGUMENT, "bad field x");
    assertStatus(channel, "a.B/Bug", 1, Status.Code.INTERNAL, "internal error");
    assertStatus(channel, "a.B/None", 1, Status.Code.UNIMPLEMENTED, "");
    assertStatus(channel, "a.B/Size", 2 << 20, Status.Code.RESOURCE_EXHAUSTED, "");
    assertThatThrownBy(() -> call(channel, "a.B/Busy", CallOptions.DEFAULT, 1))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              byte[] details =
                  Objects.requireNonNull(e.getTrailers())
                      .get(
                          Metadata.Key.of(
                              "grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER));
              assertThat(new String(details, java.nio.charset.StandardCharsets.UTF_8))
                  .contains("google.rpc.RetryInfo");
            });
  }

  private static void assertStatus(
      ManagedChannel channel, String name, int size, Status.Code code, String text) {
    assertThatThrownBy(() -> call(channel, name, CallOptions.DEFAULT, size))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
        .hasMessageContaining(text)
        .hasMessageNotContaining("secret");
  }

  @Test
  void takesTheTenantFromMetadata() throws Exception {
    server.multi = true;
    server.http.unary(
        "a.B/Tenant",
        (tenant, message, _) -> tenant.value().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    server.start();
    ManagedChannel channel = channel(true);
    assertStatus(channel, "a.B/Tenant", 0, Status.Code.UNAUTHENTICATED, "no org id");
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("X-Scope-OrgID", Metadata.ASCII_STRING_MARSHALLER), "acme");
    io.grpc.Channel named =
        io.grpc.ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    assertThat(call(named, "a.B/Tenant", CallOptions.DEFAULT, 0)).asString().isEqualTo("acme");
  }

  @Test
  void streamsAndStopsWhenTheClientCancels() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    server.http.serverStream(
        "a.B/Endless",
        (tenant, message, out) -> {
          try {
            while (!out.cancelled()) {
              out.emit(new byte[10_000]);
            }
          } finally {
            ended.countDown();
          }
        });
    server.start();
    io.grpc.Context.CancellableContext context = io.grpc.Context.current().withCancellation();
    context.run(
        () -> {
          Iterator<byte[]> answers =
              ClientCalls.blockingServerStreamingCall(
                  channel(true),
                  method("a.B/Endless", MethodDescriptor.MethodType.SERVER_STREAMING),
                  CallOptions.DEFAULT,
                  new byte[1]);
          for (int i = 0; i < 100; i++) {
            assertThat(answers.next()).hasSize(10_000);
          }
        });
    context.cancel(null);
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void closesWhenThePrefaceIsFollowedByGarbage() throws Exception {
    server.start();
    try (RawClient client = server.connect()) {
      client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      client.send("garbage that is no frame at all".repeat(100));
      boolean ended = client.atEnd();
      while (!ended) {
        ended = client.atEnd();
      }
      assertThat(ended).isTrue();
    }
  }
}
