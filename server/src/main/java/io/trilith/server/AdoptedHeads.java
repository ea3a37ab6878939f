package io.trilith.server;

import io.trilith.config.TrilithConfig;
import io.trilith.logstore.store.LogStore;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.NoLog;
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

/** Heads for the records of a log that are to become blocks, and for nothing else. */
final class AdoptedHeads implements TakeOver.Heads {
  private final HeadBudget budget;
  private final List<SignalStore> stores;

  AdoptedHeads(
      TrilithConfig config,
      ObjectStore objects,
      DataAge age,
      InstantSource clock,
      Supplier<BlockId> blockIds) {
    budget = new HeadBudget(config.head());
    NoLog none = new NoLog();
    stores =
        List.of(
            new MetricStore(none, objects, budget, age, config.cache(), clock, blockIds),
            new LogStore(none, objects, budget, age, config.cache(), clock, blockIds),
            new TraceStore(none, objects, budget, age, config.cache(), clock, blockIds));
  }

  @Override
  public void replay(long offset, Signal signal, TenantId tenant, ByteBuffer payload) {
    SignalStore.of(signal, stores).replay(offset, tenant, payload);
  }

  @Override
  public Collection<Flushable> all() {
    List<Flushable> all = new ArrayList<>();
    stores.forEach(store -> all.addAll(store.heads()));
    return all;
  }

  @Override
  public HeadBudget budget() {
    return budget;
  }
}
