package io.trilith.compactor;

import io.trilith.config.RetentionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retention: takes blocks all of whose data has expired out of the catalog, and deletes their
 * objects after the delay. Thread-safe.
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

  /** Objects that no commit names, and when that was first seen. */
  private final Map<String, Instant> suspects = new TreeMap<>();

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
  public synchronized void run() {
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
  public synchronized int sweepOrphans() {
    List<String> orphans = orphans(object -> true);
    delete(orphans);
    return orphans.size();
  }

  /**
   * As {@link #sweepOrphans}, in a bucket that others use too: an object goes when its name is
   * older than the age, since until then somebody may be about to commit it, and when this process
   * has known for the delay of deletions that no commit names it, since until then somebody may be
   * reading it.
   *
   * @return how many were deleted
   */
  public synchronized int sweepOrphans(Duration age) {
    Instant now = clock.instant();
    long youngest = now.minus(age).toEpochMilli();
    List<String> orphans = orphans(name -> createdMillis(name) < youngest);
    suspects.keySet().retainAll(new HashSet<>(orphans));
    orphans.forEach(name -> suspects.putIfAbsent(name, now));
    Instant since = now.minus(config.deleteDelay());
    List<String> due = new ArrayList<>();
    suspects.forEach(
        (name, seen) -> {
          if (!seen.isAfter(since) && !doomed.containsKey(name)) {
            due.add(name);
          }
        });
    delete(due);
    due.forEach(suspects::remove);
    return due.size();
  }

  /** By the id in its name; what has none was not made here and is never old. */
  private static long createdMillis(String object) {
    int from = object.lastIndexOf('/') + 1;
    int end = object.endsWith(".block") ? object.length() - ".block".length() : from;
    try {
      return new BlockId(object.substring(from, end)).createdMillis();
    } catch (IllegalArgumentException e) {
      return Long.MAX_VALUE;
    }
  }

  private List<String> orphans(Predicate<String> chosen) {
    // The objects first: what is committed in between is found in the catalog.
    List<ObjectStore.Entry> all = objects.list("blocks/");
    Set<String> live = new HashSet<>();
    catalog.refresh().blocks().values().forEach(block -> live.add(block.objectName()));
    return all.stream()
        .map(ObjectStore.Entry::name)
        .filter(name -> !live.contains(name) && chosen.test(name))
        .toList();
  }

  private void delete(List<String> orphans) {
    objects.deleteAll(orphans);
    if (!orphans.isEmpty()) {
      log.info("deleted block objects that no commit names, count={}", orphans.size());
    }
  }
}
