package io.trilith.net;

import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.trilith.net.identity.AccessRefusedException;
import io.trilith.net.identity.Admitted;
import io.trilith.net.identity.Asked;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds the gRPC methods of a route table; messages are bytes. Thread-safe. */
final class GrpcCalls extends HandlerRegistry {
  private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
  private static final Metadata.Key<String> TENANT = key("x-scope-orgid");
  private static final Metadata.Key<String> FORWARDED_FOR = key("x-forwarded-for");

  private final NetContext context;
  private final RouteTable routes;
  private final GrpcBodies arriving;
  private final Connections connections;
  private final Map<String, ServerMethodDefinition<?, ?>> known = new ConcurrentHashMap<>();

  /** A message, or why it was not taken in. */
  @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
  record Received(byte[] bytes, RequestMemory memory, @Nullable RuntimeException refused) {}

  GrpcCalls(NetContext context, RouteTable routes, GrpcBodies arriving, Connections connections) {
    this.connections = connections;
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

  /** Lets a call in, or ends it, before its message is asked for. On a virtual thread. */
  private ServerCall.Listener<Received> start(
      RouteTable.GrpcMethod method, ServerCall<Received, byte[]> call, Metadata headers) {
    Admitted who;
    try {
      who = context.access().admit(asked(method, call, headers));
    } catch (AccessRefusedException | InvalidRequestException e) {
      Refusal refusal = Refusal.of(e, method.name());
      context.metrics().answered(method.name(), "gRPC", Integer.toString(refusal.status()));
      call.close(status(e).withDescription(refusal.text()), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    GrpcExchange exchange = new GrpcExchange(context, method, call, who);
    call.request(2);
    return exchange;
  }

  private static Status status(RuntimeException refused) {
    return switch (refused) {
      case AccessRefusedException access ->
          switch (access.why()) {
            case UNAUTHENTICATED, NO_TENANT -> Status.UNAUTHENTICATED;
            case SCOPE, TENANT, ORIGIN -> Status.PERMISSION_DENIED;
            case MALFORMED -> Status.INVALID_ARGUMENT;
            case TOO_MANY -> Status.UNAVAILABLE;
          };
      default -> Status.INVALID_ARGUMENT;
    };
  }

  private Asked asked(
      RouteTable.GrpcMethod method, ServerCall<Received, byte[]> call, Metadata headers) {
    SocketAddress from = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return new Asked(
        "gRPC " + method.name(),
        method.access(),
        method.kind() != RouteTable.Kind.OPEN,
        connections.caller(from),
        all(headers, AUTHORIZATION),
        all(headers, TENANT),
        all(headers, FORWARDED_FOR),
        false);
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static List<String> all(Metadata headers, Metadata.Key<String> key) {
    List<String> values = new ArrayList<>(1);
    Iterable<String> found = headers.getAll(key);
    if (found != null) {
      found.forEach(values::add);
    }
    return values;
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
