package io.trilith.storage.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.flush.Tenants;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a store lets a merge see and do. Thread-safe.
 *
 * @param forget closes a block that nobody new will read
 */
public record StoreBlocks(Tenants<?, ?> tenants, BlockLeases leases, Consumer<BlockId> forget) {

  public List<TenantId> tenantIds() {
    return tenants.ids();
  }

  /** The scopes that are there: blocks of one are merged with each other. */
  public List<CatalogState.Scope> scopes() {
    return tenants.scopes();
  }

  /** The committed blocks of a scope in order of writing. */
  public List<BlockEntry> blocks(CatalogState.Scope scope) {
    return tenants.committed(scope);
  }

  /** The committed blocks of a tenant in order of writing. */
  public List<BlockEntry> blocks(TenantId tenant) {
    return tenants.scopes().stream()
        .filter(scope -> scope.tenant().equals(tenant))
        .flatMap(scope -> tenants.committed(scope).stream())
        .sorted(Comparator.comparingLong(BlockEntry::sequence))
        .toList();
  }

  /** From now on readers see what the catalog has. */
  public void takeOver(CatalogState.Scope scope, Catalog catalog) {
    catalog.settled(state -> tenants.blocksChanged(scope, state));
  }

  /** From now on readers see what a commit made of the blocks of this store's signal. */
  public void follow(Signal signal, CatalogListener.Step step) {
    tenants.follow(step);
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
