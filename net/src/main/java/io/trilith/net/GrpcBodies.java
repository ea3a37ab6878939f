package io.trilith.net;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;

/**
 * Books the bytes of gRPC messages while they arrive, before a message is complete and any of our
 * code sees it. A call that gets no more memory ends with RESOURCE_EXHAUSTED. Thread-safe.
 */
final class GrpcBodies extends ServerStreamTracer.Factory {
  private static final Context.Key<Arriving> ARRIVING = Context.key("arriving");

  private final MemoryShare bodies;

  GrpcBodies(MemoryShare bodies) {
    this.bodies = bodies;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return new Arriving(bodies.open());
  }

  /** Gives back what the message of the present call held on the wire: it has been read. */
  static void read() {
    Arriving arriving = ARRIVING.get();
    if (arriving != null) {
      arriving.memory.give(Long.MAX_VALUE);
    }
  }

  /** What one call has sent. */
  private static final class Arriving extends ServerStreamTracer {
    private final Booking memory;

    Arriving(Booking memory) {
      this.memory = memory;
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVING, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
      try {
        memory.take(bytes);
      } catch (LimitExceededException | TooLargeException e) {
        throw Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()).asRuntimeException();
      }
    }

    @Override
    public void streamClosed(Status status) {
      memory.close();
    }
  }
}
