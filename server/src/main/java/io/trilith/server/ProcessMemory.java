package io.trilith.server;

import io.trilith.config.TrilithConfig;
import io.trilith.storage.memory.MemoryShare;
import java.util.List;

/**
 * The shares of the heap that requests, queries and merges take from; heads have theirs in {@link
 * io.trilith.storage.flush.HeadBudget}, caches in themselves.
 */
record ProcessMemory(MemoryShare requests, MemoryShare queries, MemoryShare background) {
  static ProcessMemory of(TrilithConfig config, MemoryShare background) {
    return new ProcessMemory(
        new MemoryShare(
            "memory.requests (server.bodies-in-flight-max)",
            "too many request bodies in flight: those being read and stored",
            config.server().bodiesInFlightMax().bytes()),
        new MemoryShare(
            "memory.queries (query.memory-max)",
            "the queries running now",
            config.query().memoryMax().bytes()),
        background);
  }

  /** The share of flushes and merges. */
  static MemoryShare background(TrilithConfig config) {
    long heap = Runtime.getRuntime().maxMemory();
    return new MemoryShare(
        "memory.background", "flushes and merges", config.memory().background().of(heap));
  }

  List<MemoryShare> all() {
    return List.of(requests, queries, background);
  }
}
