package io.trilith.server.node;

import io.trilith.config.CacheConfig;
import io.trilith.logstore.store.LogStore;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.store.SignalStore;
import io.trilith.tracestore.store.TraceStore;
import io.trilith.tsdb.store.MetricStore;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** The store of each signal, over one log and one object store. Thread-safe. */
public final class Stores {
  private final MetricStore metrics;
  private final LogStore logs;
  private final TraceStore traces;
  private final List<SignalStore> all;

  /**
   * Without blocks and rows, until it is told of them.
   *
   * @param budget of their heads together
   */
  public Stores(
      Log log,
      ObjectStore objects,
      HeadBudget budget,
      DataAge age,
      CacheConfig cache,
      InstantSource clock,
      Supplier<BlockId> blockIds) {
    metrics = new MetricStore(log, objects, budget, age, cache, clock, blockIds);
    logs = new LogStore(log, objects, budget, age, cache, clock, blockIds);
    traces = new TraceStore(log, objects, budget, age, cache, clock, blockIds);
    all = List.of(metrics, logs, traces);
  }

  public MetricStore metrics() {
    return metrics;
  }

  public LogStore logs() {
    return logs;
  }

  public TraceStore traces() {
    return traces;
  }

  /** Each of them, for what is done to all alike. */
  public List<SignalStore> all() {
    return all;
  }

  public SignalStore of(Signal signal) {
    for (SignalStore store : all) {
      if (store.signal() == signal) {
        return store;
      }
    }
    throw new IllegalArgumentException("no store for " + signal.text());
  }

  /** The heads of all tenants and signals. */
  Collection<Flushable> heads() {
    List<Flushable> heads = new ArrayList<>();
    all.forEach(store -> heads.addAll(store.heads()));
    return heads;
  }

  /** Puts one record of the log into its head. */
  void replay(long offset, Signal signal, TenantId tenant, ByteBuffer payload) {
    of(signal).replay(offset, tenant, payload);
  }

  /** Takes over which blocks are live. */
  public void blocksChanged(CatalogState state) {
    all.forEach(store -> store.blocksChanged(state));
  }
}
