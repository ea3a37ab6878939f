package io.trilith.server.node;

import io.trilith.config.MemoryPlan;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.memory.MemoryShare;
import java.util.List;

/**
 * The shares of the heap that requests, queries and merges take from; heads have theirs in {@link
 * io.trilith.storage.flush.HeadBudget}, caches in themselves.
 */
public record ProcessMemory(MemoryShare requests, MemoryShare queries, MemoryShare background) {
  public static ProcessMemory of(TrilithConfig config, MemoryShare background) {
    MemoryPlan plan = MemoryPlan.of(config, Runtime.getRuntime().maxMemory());
    return new ProcessMemory(
        new MemoryShare(
            "memory.requests",
            "too many requests in flight: those being read and stored",
            plan.requests()),
        new MemoryShare(
            "memory.queries (query.memory-max)",
            "the queries running now",
            config.query().memoryMax().bytes()),
        background);
  }

  /** The share of flushes and merges. */
  static MemoryShare background(TrilithConfig config) {
    MemoryPlan plan = MemoryPlan.of(config, Runtime.getRuntime().maxMemory());
    return new MemoryShare("memory.background", "flushes and merges", plan.background());
  }

  public List<MemoryShare> all() {
    return List.of(requests, queries, background);
  }
}
