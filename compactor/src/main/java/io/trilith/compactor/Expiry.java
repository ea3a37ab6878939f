package io.trilith.compactor;

import io.trilith.config.RetentionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.ObjectStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retention: takes blocks all of whose data has expired out of the catalog, and deletes their
 * objects after the delay. Confined to one thread.
 */
public final class Expiry {
  private static final Logger log = LoggerFactory.getLogger(Expiry.class);

  private final RetentionConfig config;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final DataAge age;
  private final InstantSource clock;
  private final Consumer<CatalogState> changed;

  /** Objects to delete and when. What a restart forgets, {@link #sweepOrphans} finds. */
  private final Map<String, Instant> doomed = new TreeMap<>();

  /** The consumer is told of each change of the catalog. */
  public Expiry(
      RetentionConfig config,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      InstantSource clock,
      Consumer<CatalogState> changed) {
    this.config = config;
    this.catalog = catalog;
    this.objects = objects;
    this.age = age;
    this.clock = clock;
    this.changed = changed;
  }

  /** Removes what has expired by now and deletes what was removed long enough ago. */
  public void run() {
    List<BlockEntry> expired =
        catalog.state().blocks().values().stream().filter(this::isExpired).toList();
    if (!expired.isEmpty()) {
      CatalogState state;
      try {
        state = catalog.commit(List.of(), expired.stream().map(BlockEntry::id).toList(), List.of());
      } catch (StorageException.Conflict e) {
        // A merge replaced one of them meanwhile: the next run sees what there is now.
        return;
      }
      changed.accept(state);
      Instant due = clock.instant().plus(config.deleteDelay());
      expired.forEach(block -> doomed.put(block.objectName(), due));
      log.info("retention removed blocks={}", expired.size());
    }
    deleteDue();
  }

  private boolean isExpired(BlockEntry block) {
    long oldest = block.signal() == Signal.METRICS ? age.minMillis() : age.minNanos();
    return block.maxTime() < oldest;
  }

  private void deleteDue() {
    Instant now = clock.instant();
    List<String> deleted = new ArrayList<>();
    doomed.forEach(
        (name, due) -> {
          if (!due.isAfter(now)) {
            try {
              objects.delete(name);
              deleted.add(name);
            } catch (StorageException.Unavailable e) {
              log.warn("cannot delete an expired block, it is tried again: {}", e.getMessage());
            }
          }
        });
    deleted.forEach(doomed::remove);
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
