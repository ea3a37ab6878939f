package io.trilith.net;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.trilith.net.identity.Admitted;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call: collects its message, runs the handler on a virtual thread, sends what it says.
 */
final class GrpcExchange extends ServerCall.Listener<GrpcCalls.Received>
    implements GrpcStreamHandler.Emitter {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final NetContext context;
  private final RouteTable.GrpcMethod method;
  private final ServerCall<GrpcCalls.Received, byte[]> call;
  private final Admitted who;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private GrpcCalls.@Nullable Received message;
  private boolean twice;
  private boolean headersSent;
  private volatile boolean cancelled;
  private volatile WorkQueue.Permit permit = WorkQueue.Permit.NONE;
  private long bytesOut;

  GrpcExchange(
      NetContext context,
      RouteTable.GrpcMethod method,
      ServerCall<GrpcCalls.Received, byte[]> call,
      Admitted who) {
    this.context = context;
    this.method = method;
    this.call = call;
    this.who = who;
  }

  @Override
  public void onMessage(GrpcCalls.Received received) {
    if (message != null) {
      twice = true;
      received.memory().close();
      return;
    }
    message = received;
  }

  @Override
  public void onHalfClose() {
    GrpcCalls.Received received = message;
    if (received == null || twice) {
      if (received != null) {
        received.memory().close();
      }
      call.close(
          Status.INVALID_ARGUMENT.withDescription("exactly one message is expected"),
          new Metadata());
      return;
    }
    message = null;
    context.handlers().execute(() -> run(received));
  }

  @Override
  public void onCancel() {
    cancelled = true;
    if (message != null) {
      message.memory().close();
    }
    signal();
  }

  @Override
  public void onReady() {
    signal();
  }

  private void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run(GrpcCalls.Received received) {
    long began = System.nanoTime();
    context.metrics().began();
    int status = 200;
    try {
      handle(received);
      close(Status.OK, new Metadata());
    } catch (Throwable failure) {
      Refusal refusal = Refusal.of(failure, method.name());
      status = refusal.status();
      refuse(refusal);
    } finally {
      received.memory().close();
      context.metrics().ended(method.name(), "gRPC", status, System.nanoTime() - began);
      context.metrics().moved(method.name(), received.bytes().length, bytesOut);
    }
  }

  private void handle(GrpcCalls.Received received) throws Exception {
    if (received.refused() != null) {
      throw received.refused();
    }
    TenantId tenant = who.tenant();
    try (WorkQueue.Permit entered = context.enter(method.kind(), tenant)) {
      permit = entered;
      context.run(method.kind(), () -> call(tenant, received));
    }
  }

  private Boolean call(TenantId tenant, GrpcCalls.Received received) throws Exception {
    if (method.unary() != null) {
      send(method.unary().handle(tenant, received.bytes(), received.memory().all()));
    } else if (method.stream() != null) {
      method.stream().handle(tenant, received.bytes(), this);
    }
    return true;
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  @Override
  public void emit(byte[] answer) throws IOException {
    if (!headersSent) {
      sendHeaders();
    }
    awaitReady();
    send(answer);
  }

  private void awaitReady() throws IOException {
    long stall = context.config().requestTimeout().toNanos();
    long began = System.nanoTime();
    lock.lock();
    try {
      while (!call.isReady()) {
        long waited = System.nanoTime() - began;
        if (cancelled || waited > stall) {
          throw new IOException("the client is gone or takes nothing");
        }
        if (waited > TimeUnit.MILLISECONDS.toNanos(300)) {
          permit.close();
        }
        long _ = changed.awaitNanos(TimeUnit.MILLISECONDS.toNanos(500));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server stops");
    } finally {
      lock.unlock();
    }
  }

  private void sendHeaders() {
    headersSent = true;
    call.sendHeaders(new Metadata());
  }

  private void send(byte[] answer) {
    if (!headersSent) {
      sendHeaders();
    }
    bytesOut += answer.length;
    call.sendMessage(answer);
  }

  private void refuse(Refusal refusal) {
    Metadata trailers = new Metadata();
    Status status = status(refusal).withDescription(refusal.text());
    if (refusal.retryable()) {
      trailers.put(
          DETAILS,
          RetryDetails.encode(status.getCode().value(), refusal.text(), refusal.retryAfter()));
    }
    close(status, trailers);
  }

  private void close(Status status, Metadata trailers) {
    if (!cancelled) {
      call.close(status, trailers);
    }
  }

  private static Status status(Refusal refusal) {
    return switch (refusal.status()) {
      case 401 -> Status.UNAUTHENTICATED;
      case 403 -> Status.PERMISSION_DENIED;
      case 404 -> Status.NOT_FOUND;
      case 429 -> Status.RESOURCE_EXHAUSTED;
      case 501 -> Status.UNIMPLEMENTED;
      case 503 -> Status.UNAVAILABLE;
      case 504 -> Status.DEADLINE_EXCEEDED;
      default -> refusal.status() < 500 ? Status.INVALID_ARGUMENT : Status.INTERNAL;
    };
  }
}
