package io.trilith.storage.store;

import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;
import java.util.Collection;

/** The store of one signal, to those that serve all of them alike. Thread-safe. */
public interface SignalStore {
  Signal signal();

  /** The heads of all tenants. */
  Collection<? extends Flushable> heads();

  /** Puts one record of the local log, read at the start, into its head. */
  void replay(long offset, TenantId tenant, ByteBuffer payload);

  /**
   * Takes over which blocks are live. Called at the start and after each commit that is not a
   * flush.
   */
  void blocksChanged(CatalogState state);

  /** The blocks as a merge sees them. */
  StoreBlocks mergeable();

  /** Writes blocks out of blocks. */
  Rewrite rewrite();

  /** What becomes of blocks as they are flushed. */
  default Fresh fresh() {
    return Fresh.KEPT;
  }
}
