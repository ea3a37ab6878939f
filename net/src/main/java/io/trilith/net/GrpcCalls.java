package io.trilith.net;

import io.grpc.HandlerRegistry;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds the gRPC methods of a route table; messages are bytes. Thread-safe. */
final class GrpcCalls extends HandlerRegistry {
  private final NetContext context;
  private final RouteTable routes;
  private final GrpcBodies arriving;
  private final Map<String, ServerMethodDefinition<?, ?>> known = new ConcurrentHashMap<>();

  /** A message, or why it was not taken in. */
  @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
  record Received(byte[] bytes, RequestMemory memory, @Nullable RuntimeException refused) {}

  GrpcCalls(NetContext context, RouteTable routes, GrpcBodies arriving) {
    this.arriving = arriving;
    this.context = context;
    this.routes = routes;
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String name, @Nullable String authority) {
    ServerMethodDefinition<?, ?> definition = known.get(name);
    if (definition == null) {
      RouteTable.GrpcMethod method = routes.grpc(name);
      if (method != null) {
        definition = define(method);
        known.put(name, definition);
      }
    }
    return definition;
  }

  private ServerMethodDefinition<Received, byte[]> define(RouteTable.GrpcMethod method) {
    MethodDescriptor<Received, byte[]> descriptor =
        MethodDescriptor.<Received, byte[]>newBuilder()
            .setFullMethodName(method.name())
            .setType(
                method.unary() != null
                    ? MethodDescriptor.MethodType.UNARY
                    : MethodDescriptor.MethodType.SERVER_STREAMING)
            .setRequestMarshaller(new Requests())
            .setResponseMarshaller(new Answers())
            .build();
    ServerCallHandler<Received, byte[]> handler = (call, headers) -> start(method, call, headers);
    return ServerMethodDefinition.create(descriptor, handler);
  }

  private ServerCall.Listener<Received> start(
      RouteTable.GrpcMethod method, ServerCall<Received, byte[]> call, Metadata headers) {
    GrpcExchange exchange = new GrpcExchange(context, method, call, headers);
    call.request(2);
    return exchange;
  }

  /** Reads messages, bounded by what all bodies may take together. */
  private final class Requests implements MethodDescriptor.Marshaller<Received> {
    @Override
    public InputStream stream(Received value) {
      throw new IllegalStateException("a server does not send requests");
    }

    @Override
    public Received parse(InputStream stream) {
      RequestMemory memory = arriving.handOver();
      long onTheWire = memory.body().held();
      try {
        long length = stream instanceof KnownLength ? stream.available() : -1;
        BodyBuffer body = new BodyBuffer(context.config().bodyMax().bytes(), length, memory.body());
        byte[] piece = new byte[16 << 10];
        for (int n = stream.read(piece); n >= 0; n = stream.read(piece)) {
          body.append(piece, n);
        }
        return new Received(body.drain(), memory, null);
      } catch (HttpStatusException | LimitExceededException | TooLargeException e) {
        memory.close();
        return new Received(new byte[0], memory, e);
      } catch (IOException e) {
        memory.close();
        throw Status.INVALID_ARGUMENT
            .withDescription("the message cannot be decompressed")
            .withCause(e)
            .asRuntimeException();
      } finally {
        memory.body().give(onTheWire);
      }
    }
  }

  private static final class Answers implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new IllegalStateException("a server does not read answers");
    }
  }
}
