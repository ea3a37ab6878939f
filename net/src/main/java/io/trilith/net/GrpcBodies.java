package io.trilith.net;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Books the bytes of gRPC messages while they arrive, before a message is complete and any of our
 * code sees it. A call that gets no more memory ends with RESOURCE_EXHAUSTED. Thread-safe.
 */
final class GrpcBodies extends ServerStreamTracer.Factory {
  private static final Context.Key<Arriving> ARRIVING = Context.key("arriving");

  private final RequestMemory.Source source;

  GrpcBodies(RequestMemory.Source source) {
    this.source = source;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return new Arriving(source.open());
  }

  /**
   * What the present call has sent: its message takes from it from now on, and whoever has that
   * closes it.
   */
  RequestMemory handOver() {
    Arriving arriving = ARRIVING.get();
    return arriving == null ? source.open() : arriving.handOver();
  }

  /** What one call has sent. */
  private static final class Arriving extends ServerStreamTracer {
    private final RequestMemory memory;
    private final AtomicBoolean handedOver = new AtomicBoolean();

    Arriving(RequestMemory memory) {
      this.memory = memory;
    }

    private RequestMemory handOver() {
      handedOver.set(true);
      return memory;
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVING, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
      try {
        memory.body().take(bytes);
      } catch (LimitExceededException e) {
        throw Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()).asRuntimeException();
      } catch (TooLargeException e) {
        // Senders try RESOURCE_EXHAUSTED again, which would be for ever.
        throw Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException();
      } catch (IllegalStateException e) {
        throw Status.CANCELLED.withDescription("the call has ended").asRuntimeException();
      }
    }

    @Override
    public void streamClosed(Status status) {
      if (handedOver.compareAndSet(false, true)) {
        memory.close();
      }
    }
  }
}
