package io.trilith.net;

import io.trilith.storage.model.TenantId;
import java.io.IOException;

/**
 * Answers one server-streaming gRPC method: one request, many messages. Called on a virtual thread:
 * may block. Errors as with {@link GrpcHandler}. Thread-safe.
 */
@FunctionalInterface
public interface GrpcStreamHandler {
  /** Emits the answers; the stream ends when this returns. */
  void handle(TenantId tenant, byte[] message, Emitter out) throws Exception;

  /** Where the messages go. Confined to the handler's thread. */
  interface Emitter {
    /** Sends one message; blocks while the client is slow, fails when it is gone. */
    void emit(byte[] message) throws IOException;

    /** Whether the client is gone or the server stops. Safe from any thread. */
    boolean cancelled();
  }
}
