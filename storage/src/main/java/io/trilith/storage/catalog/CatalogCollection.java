package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes commits and snapshots that a newer snapshot makes superfluous: raises the floor first, so
 * that a writer who hung meanwhile and then wins a deleted number learns that it counts for
 * nothing. Any number of processes may do it at once. Confined to one thread.
 */
public final class CatalogCollection {
  private static final Logger log = LoggerFactory.getLogger(CatalogCollection.class);

  /** Snapshots at and above the floor: one may be damaged. */
  private static final int KEPT_SNAPSHOTS = 2;

  private final ObjectStore objects;
  private final Duration age;
  private final InstantSource clock;

  /** Only what is older than the age goes. */
  public CatalogCollection(ObjectStore objects, Duration age, InstantSource clock) {
    this.objects = objects;
    this.age = age;
    this.clock = clock;
  }

  /** Deletes what may go now; returns how many objects that were. */
  public int run() {
    List<ObjectStore.Entry> snapshots = objects.list(CatalogFormat.SNAPSHOTS);
    Floor floor = new Floor(objects);
    long to = collectable(snapshots, floor.number());
    if (to > floor.number()) {
      floor.raise(to);
    }
    // Below the floor, not below what was wanted: an earlier run may have ended before its deletes.
    int deleted = delete(CatalogFormat.COMMITS, floor.number());
    deleted += delete(CatalogFormat.SNAPSHOTS, floor.number());
    if (deleted > 0) {
      log.info("collected catalog objects={} below commit={}", deleted, floor.number());
    }
    return deleted;
  }

  /** The newest snapshot that is old enough, leaves enough others, and can be read. */
  private long collectable(List<ObjectStore.Entry> snapshots, long floor) {
    Instant before = clock.instant().minus(age);
    for (int i = snapshots.size() - KEPT_SNAPSHOTS; i >= 0; i--) {
      String name = snapshots.get(i).name();
      long number = CatalogFormat.numberOf(name);
      if (number <= floor) {
        return floor;
      }
      if (isOlder(number, before) && isReadable(number)) {
        return number;
      }
    }
    return floor;
  }

  private boolean isOlder(long number, Instant before) {
    try {
      long created = CatalogFormat.readCommit(objects, number).createdMillis();
      return Instant.ofEpochMilli(created).isBefore(before);
    } catch (StorageException.Missing | StorageException.Corrupt e) {
      log.warn("commit {} cannot tell its age: {}", number, e.getMessage());
      return false;
    }
  }

  private boolean isReadable(long snapshot) {
    try {
      ChainReader.snapshot(objects, snapshot);
      return true;
    } catch (StorageException.Missing | StorageException.Corrupt e) {
      return false;
    }
  }

  private int delete(String prefix, long below) {
    List<String> names = new ArrayList<>();
    for (ObjectStore.Entry object : objects.list(prefix)) {
      if (CatalogFormat.numberOf(object.name()) < below) {
        names.add(object.name());
      }
    }
    objects.deleteAll(names);
    return names.size();
  }
}
