package io.trilith.storage.merge;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a store lets a merge see and do. Thread-safe.
 *
 * @param tenants those that are there
 * @param generations of one of them
 * @param forget closes a block that nobody new will read
 */
public record StoreBlocks(
    Supplier<List<TenantId>> tenants,
    Function<TenantId, ? extends Generations<?>> generations,
    BlockLeases leases,
    Consumer<BlockId> forget) {

  public List<TenantId> tenantIds() {
    return tenants.get();
  }

  /** The committed blocks of a tenant in order of writing. */
  public List<BlockEntry> blocks(TenantId tenant) {
    return generations.apply(tenant).committed();
  }

  /** From now on readers see what the catalog has. */
  void takeOver(TenantId tenant, Catalog catalog) {
    catalog.settled(state -> generations.apply(tenant).blocksChanged(state));
  }

  /** From now on readers see what a commit made of the blocks of this store's signal. */
  public void follow(Signal signal, CatalogListener.Step step) {
    step.live()
        .forEach(
            (scope, live) -> {
              if (scope.signal() == signal) {
                generations.apply(scope.tenant()).follow(live, step.committed());
              }
            });
    forget(step.gone());
  }

  /** Closes blocks that nobody new will read; their objects stay. */
  private void forget(List<BlockEntry> gone) {
    gone.forEach(block -> forget.accept(block.id()));
  }

  /** Nobody new will read them: their objects go when the last reader is done. */
  public void retire(List<BlockEntry> inputs) {
    inputs.forEach(block -> forget.accept(block.id()));
    leases.retire(inputs);
  }

  /** Deletes the objects whose last reader is done. */
  public void deleteFree() {
    leases.deleteFree();
  }
}
