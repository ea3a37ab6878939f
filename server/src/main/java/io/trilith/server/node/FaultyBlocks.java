package io.trilith.server.node;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.object.ObjectStore;
import java.time.InstantSource;

/** Has queries leave out, for a while, blocks that are damaged or lost. Thread-safe. */
public final class FaultyBlocks {
  private final Catalog catalog;
  private final ObjectStore objects;
  private final Stores stores;
  private final QuarantinedBlocks aside;

  FaultyBlocks(Catalog catalog, ObjectStore objects, Stores stores, InstantSource clock) {
    this.catalog = catalog;
    this.objects = objects;
    this.stores = stores;
    this.aside = new QuarantinedBlocks(clock);
  }

  /** Those that queries leave out. */
  public QuarantinedBlocks aside() {
    return aside;
  }

  /**
   * Sets the live block aside that a failure names.
   *
   * @return whether it names one
   */
  public boolean setAside(StorageException failure) {
    return switch (failure) {
      case StorageException.Corrupt corrupt ->
          setAside(corrupt.file(), QuarantinedBlocks.Fault.DAMAGED, failure);
      case StorageException.Missing missing ->
          setAside(missing.name(), QuarantinedBlocks.Fault.LOST, failure);
      default -> false;
    };
  }

  private boolean setAside(String object, QuarantinedBlocks.Fault fault, StorageException failure) {
    BlockEntry block = BlockEntry.blockOf(object).map(catalog.state().blocks()::get).orElse(null);
    if (block == null) {
      return false;
    }
    if (aside.add(block, fault, String.valueOf(failure.getMessage()))) {
      // So that its next reader, when it is tried again, sees the object and no copy.
      if (fault == QuarantinedBlocks.Fault.DAMAGED) {
        objects.dropCopies(block.objectName());
      }
      stores.of(block.signal()).mergeable().forget().accept(block.id());
    }
    return true;
  }
}
