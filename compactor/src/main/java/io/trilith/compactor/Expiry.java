package io.trilith.compactor;

import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.object.ObjectStore;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds block objects that nothing refers to. Confined to one thread. */
public final class Expiry {
  private static final Logger log = LoggerFactory.getLogger(Expiry.class);

  private final Catalog catalog;
  private final ObjectStore objects;

  public Expiry(Catalog catalog, ObjectStore objects) {
    this.catalog = catalog;
    this.objects = objects;
  }

  /**
   * Deletes block objects that the catalog does not name: left by a process that died between
   * writing and committing. Only at the start, by the one process that owns the storage.
   *
   * @return how many there were
   */
  public int sweepOrphans() {
    Set<String> live = new HashSet<>();
    catalog.state().blocks().values().forEach(block -> live.add(block.objectName()));
    for (Change.Doomed doomed : catalog.state().removals().doomed().values()) {
      live.add(doomed.block().objectName());
    }
    int swept = 0;
    for (ObjectStore.Entry object : objects.list("blocks/")) {
      if (!live.contains(object.name())) {
        objects.delete(object.name());
        swept++;
      }
    }
    if (swept > 0) {
      log.info("deleted block objects that were never committed, count={}", swept);
    }
    return swept;
  }
}
