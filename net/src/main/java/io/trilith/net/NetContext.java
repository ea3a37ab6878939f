package io.trilith.net;

import io.trilith.config.ServerConfig;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/** What all connections of a server share. Thread-safe. */
record NetContext(
    ServerConfig config,
    TenantRule tenants,
    BodyDecoder decoder,
    MemoryBudget bodies,
    WorkQueue reads,
    WorkQueue writes,
    NetMetrics metrics,
    Executor handlers,
    InstantSource clock) {

  WorkQueue.Permit enter(RouteTable.Kind kind) throws InterruptedException {
    return switch (kind) {
      case READ -> reads.enter();
      case WRITE -> writes.enter();
      case OPEN -> WorkQueue.Permit.NONE;
    };
  }
}
