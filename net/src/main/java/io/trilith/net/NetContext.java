package io.trilith.net;

import io.trilith.config.ServerConfig;
import io.trilith.net.identity.AccessControl;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;

/** What all connections of a server share. Thread-safe. */
record NetContext(
    ServerConfig config,
    Cors cors,
    AccessControl access,
    BodyDecoder decoder,
    RequestMemory.Source memory,
    WorkQueue reads,
    WorkQueue writes,
    NetMetrics metrics,
    Executor handlers,
    ExecutorService queries,
    InstantSource clock) {

  WorkQueue.Permit enter(RouteTable.Kind kind, TenantId tenant) throws InterruptedException {
    return switch (kind) {
      case READ -> reads.enter(tenant);
      case WRITE -> writes.enter(tenant);
      case OPEN -> WorkQueue.Permit.NONE;
    };
  }

  /**
   * Runs what a handler does where it belongs. Writes wait for the disk more than they compute:
   * they stay on their virtual thread. A query computes for seconds; on the few carriers of the
   * virtual threads it would hold up every write, so it gets a thread that the operating system
   * shares the processors with.
   */
  <T> T run(RouteTable.Kind kind, Callable<T> work) throws Exception {
    return switch (kind) {
      case WRITE, OPEN -> work.call();
      case READ -> {
        try {
          yield queries.submit(work).get();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Error cause) {
            throw cause;
          }
          throw e.getCause() instanceof Exception cause ? cause : e;
        }
      }
    };
  }
}
