package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.model.BlockId;
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
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes block objects that nothing refers to. Thread-safe. */
public final class Expiry {
  private static final Logger log = LoggerFactory.getLogger(Expiry.class);

  private final Catalog catalog;
  private final ObjectStore objects;
  private final Duration delay;
  private final InstantSource clock;

  /** Objects that no commit names, and when that was first seen. */
  private final Map<String, Instant> suspects = new TreeMap<>();

  /**
   * Over a catalog.
   *
   * @param delay how long readers may go on with what is not in the catalog any more
   */
  public Expiry(Catalog catalog, ObjectStore objects, Duration delay, InstantSource clock) {
    this.catalog = catalog;
    this.objects = objects;
    this.delay = delay;
    this.clock = clock;
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
    Instant since = now.minus(delay);
    List<String> due = new ArrayList<>();
    suspects.forEach(
        (name, seen) -> {
          if (!seen.isAfter(since)) {
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
    CatalogState state = catalog.refresh();
    state.blocks().values().forEach(block -> live.add(block.objectName()));
    // What was removed and may be restored goes in its own time.
    for (Change.Doomed doomed : state.removals().doomed().values()) {
      live.add(doomed.block().objectName());
    }
    return all.stream()
        .map(ObjectStore.Entry::name)
        .filter(name -> !live.contains(name) && chosen.test(name))
        .toList();
  }

  /**
   * Deletes the objects of blocks that others took the place of long enough ago: has the catalog
   * forget them first. What a crash leaves in between is an orphan.
   *
   * @return how many were deleted
   */
  public synchronized int deleteReplaced() {
    List<String> due = new ArrayList<>();
    catalog.refresh();
    if (replaced(catalog.state()).isEmpty()) {
      return 0;
    }
    catalog.commit(
        state -> {
          due.clear();
          List<BlockEntry> gone = replaced(state);
          gone.forEach(block -> due.add(block.objectName()));
          return Draft.of(new Change.Forgotten(gone.stream().map(BlockEntry::id).toList()));
        });
    objects.deleteAll(due);
    return due.size();
  }

  private List<BlockEntry> replaced(CatalogState state) {
    long now = clock.millis();
    return state.removals().doomed().values().stream()
        .filter(one -> !one.restorable() && one.untilMillis() <= now)
        .map(Change.Doomed::block)
        .toList();
  }

  private void delete(List<String> orphans) {
    objects.deleteAll(orphans);
    if (!orphans.isEmpty()) {
      log.info("deleted block objects that no commit names, count={}", orphans.size());
    }
  }
}
