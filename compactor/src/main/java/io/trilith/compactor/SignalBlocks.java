package io.trilith.compactor;

import io.trilith.storage.model.Signal;
import io.trilith.storage.store.SignalStore;
import io.trilith.storage.store.StoreBlocks;

/** One signal's store, and the merge of its blocks. */
public record SignalBlocks(SignalStore store, BlockMerge merge) {
  public Signal signal() {
    return store.signal();
  }

  /** The blocks that readers see. */
  public StoreBlocks blocks() {
    return store.mergeable();
  }
}
