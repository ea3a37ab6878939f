package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The tenants of one store, each with its generations. A tenant is there once it wrote or has a
 * block. Thread-safe.
 *
 * @param <H> the store's head
 */
public final class Tenants<H> {
  private final Signal signal;
  private final Supplier<H> fresh;
  private final Generations.HeadWriter<H> writer;
  private final HeadBudget budget;
  private final InstantSource clock;
  private final Map<TenantId, Generations<H>> generations = new ConcurrentHashMap<>();

  public Tenants(
      Signal signal,
      Supplier<H> fresh,
      Generations.HeadWriter<H> writer,
      HeadBudget budget,
      InstantSource clock) {
    this.signal = signal;
    this.fresh = fresh;
    this.writer = writer;
    this.budget = budget;
    this.clock = clock;
  }

  /** The generations to write into; made when the tenant is new. */
  public Generations<H> of(TenantId tenant) {
    return generations.computeIfAbsent(
        tenant, id -> new Generations<>(signal, id, fresh, writer, budget, clock));
  }

  /** What a query reads: nothing for a tenant that is not there. */
  public Generations.View<H> view(TenantId tenant) {
    Generations<H> known = generations.get(tenant);
    return known == null ? new Generations.View<>(List.of(), List.of()) : known.view();
  }

  /**
   * Takes over which blocks are live. Called at the start and after each commit that is not a
   * flush.
   */
  public void blocksChanged(CatalogState state) {
    for (BlockEntry block : state.blocks().values()) {
      if (block.signal() == signal) {
        of(block.tenant());
      }
    }
    generations.values().forEach(one -> one.blocksChanged(state));
  }

  /** The tenants that are there. */
  public List<TenantId> ids() {
    return List.copyOf(generations.keySet());
  }

  /** The heads of all tenants. */
  public Collection<? extends Flushable> heads() {
    return generations.values();
  }

  /** The sum of something over all heads. */
  public long sum(ToLongFunction<H> figure) {
    long sum = 0;
    for (Generations<H> one : generations.values()) {
      for (H head : one.view().heads()) {
        sum += figure.applyAsLong(head);
      }
    }
    return sum;
  }
}
