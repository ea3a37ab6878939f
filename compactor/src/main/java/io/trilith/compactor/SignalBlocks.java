package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.merge.StoreBlocks;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.List;

/** What is to be had of one signal's store. */
public record SignalBlocks(Signal signal, StoreBlocks blocks, BlockMerge merge) {
  /**
   * Has readers see what the catalog has, where a commit was made and the answer to it got lost.
   */
  void reconcile(Catalog catalog) {
    for (TenantId tenant : blocks.tenantIds()) {
      // The view first: what is committed meanwhile is in the state.
      List<BlockEntry> seen = blocks.blocks(tenant);
      CatalogState state = catalog.state();
      List<BlockEntry> gone =
          seen.stream().filter(block -> !state.blocks().containsKey(block.id())).toList();
      if (!gone.isEmpty()) {
        List<BlockEntry> missing = new ArrayList<>(state.blocks(signal, tenant));
        missing.removeAll(seen);
        blocks.replace(tenant, gone, missing);
        blocks.forget(gone);
      }
    }
  }
}
