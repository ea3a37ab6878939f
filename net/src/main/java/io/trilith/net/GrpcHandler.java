package io.trilith.net;

import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.TenantId;

/** Answers one unary gRPC method. Called on a virtual thread: may block. Thread-safe. */
@FunctionalInterface
public interface GrpcHandler {
  /**
   * The answer's bytes. What is made of the message is taken from the booking, which is closed when
   * the call ends. An {@code InvalidRequestException} becomes INVALID_ARGUMENT, a retryable {@code
   * LimitExceededException} RESOURCE_EXHAUSTED with retry info, a {@code StorageException}
   * UNAVAILABLE.
   */
  byte[] handle(TenantId tenant, byte[] message, Booking memory) throws Exception;
}
