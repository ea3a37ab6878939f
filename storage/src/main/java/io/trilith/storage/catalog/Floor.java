package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.util.List;

/**
 * The commit number below which commits may be gone. A chain of its own, each link made by
 * create-if-absent: whatever two collectors do at once, it never falls. Not thread-safe.
 */
final class Floor {
  private final ObjectStore objects;
  private long ordinal;
  private long number;

  /** Reads the newest. */
  Floor(ObjectStore objects) {
    this.objects = objects;
    List<ObjectStore.Entry> all = objects.list(CatalogFormat.FLOORS);
    if (!all.isEmpty()) {
      take(CatalogFormat.numberOf(all.getLast().name()));
    }
    refresh();
  }

  private void take(long next) {
    String name = CatalogFormat.floorName(next);
    number = Math.max(number, CatalogFormat.decodeFloor(name, objects.read(name), next));
    ordinal = next;
  }

  /** As last read. */
  long number() {
    return number;
  }

  /** Reads on: one request when nobody has raised it. */
  long refresh() {
    while (true) {
      try {
        take(ordinal + 1);
      } catch (StorageException.Missing e) {
        return number;
      }
    }
  }

  /** Raises it; when it is there already, nothing happens. */
  void raise(long to) {
    while (refresh() < to) {
      String name = CatalogFormat.floorName(ordinal + 1);
      objects.createIfAbsent(name, CatalogFormat.encodeFloor(to, ordinal + 1));
    }
  }
}
