package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.ObjectStore;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chain of commits that says which blocks are live, see {@code docs/formats/catalog.md}. Commit
 * N+1 exists only by create-if-absent, so of several writers one wins each number. Thread-safe.
 */
public final class Catalog {
  private static final Logger log = LoggerFactory.getLogger(Catalog.class);
  private static final int SNAPSHOT_EVERY = 100;

  private final ObjectStore objects;
  private final InstantSource clock;
  private final RandomGenerator random;
  private volatile CatalogState state;
  private volatile Consumer<CatalogState> changed = _ -> {};
  private volatile long lastCommitMillis;

  /** Reads the newest snapshot and the commits after it. */
  public Catalog(ObjectStore objects, InstantSource clock, RandomGenerator random) {
    this.objects = objects;
    this.clock = clock;
    this.random = random;
    this.state = newestSnapshot();
    refresh();
  }

  private CatalogState newestSnapshot() {
    List<ObjectStore.Entry> snapshots = objects.list(CatalogFormat.SNAPSHOTS);
    for (ObjectStore.Entry snapshot : snapshots.reversed()) {
      try {
        return CatalogFormat.decodeSnapshot(snapshot.name(), objects.read(snapshot.name()));
      } catch (StorageException.Corrupt e) {
        // A snapshot is a shortcut: an older one and the commits after it say the same.
        log.warn("catalog snapshot is damaged, an older one is used: {}", e.getMessage());
      }
    }
    return CatalogState.EMPTY;
  }

  /** What is live now. */
  public CatalogState state() {
    return state;
  }

  /**
   * Has somebody told of each commit that says more than blocks and coverage, before {@link
   * #commit} returns; and of what there is now. One at a time.
   */
  public synchronized void listen(Consumer<CatalogState> listener) {
    changed = listener;
    listener.accept(state);
  }

  /** When the last commit that was seen was made, in milliseconds since 1970; 0 for unknown. */
  public long lastCommitMillis() {
    return lastCommitMillis;
  }

  private void take(Commit commit) {
    state = state.after(commit);
    lastCommitMillis = commit.createdMillis();
    if (!commit.changes().isEmpty()) {
      changed.accept(state);
    }
  }

  /** Takes over commits that others have made since. */
  public synchronized CatalogState refresh() {
    while (true) {
      String name = CatalogFormat.commitName(state.number() + 1);
      try {
        take(CatalogFormat.decodeCommit(name, objects.read(name)));
      } catch (StorageException.Missing e) {
        return state;
      }
    }
  }

  /**
   * Adds and removes blocks and moves coverage forward, all at once. Durable on return.
   *
   * @throws StorageException.Conflict when a block to remove is gone: somebody else replaced it,
   *     drop your result
   */
  public synchronized CatalogState commit(
      List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage) {
    Draft draft = new Draft(added, removed, coverage, List.of());
    return commit(_ -> draft);
  }

  /**
   * As above; what is to be said may depend on what is there.
   *
   * @param made asked for each try, with what is there then; may throw
   */
  public synchronized CatalogState commit(Function<CatalogState, Draft> made) {
    UUID uuid = new UUID(random.nextLong(), random.nextLong());
    while (true) {
      Draft draft = made.apply(state);
      for (BlockId id : draft.removed()) {
        if (!state.blocks().containsKey(id)) {
          throw new StorageException.Conflict("a commit that replaced block " + id);
        }
      }
      Commit commit =
          new Commit(
              state.number() + 1,
              uuid,
              clock.millis(),
              draft.added(),
              draft.removed(),
              draft.coverage(),
              draft.changes());
      if (createSlot(commit)) {
        take(commit);
        if (commit.number() % SNAPSHOT_EVERY == 0) {
          objects.createIfAbsent(
              CatalogFormat.snapshotName(commit.number()), CatalogFormat.encode(state));
        }
        return state;
      }
      refresh();
    }
  }

  /** Whether the slot holds our commit now. After an unknown outcome the slot itself is asked. */
  private boolean createSlot(Commit commit) {
    String name = CatalogFormat.commitName(commit.number());
    try {
      if (objects.createIfAbsent(name, CatalogFormat.encode(commit))) {
        return true;
      }
    } catch (StorageException.Unavailable e) {
      try {
        return CatalogFormat.decodeCommit(name, objects.read(name)).uuid().equals(commit.uuid());
      } catch (StorageException again) {
        e.addSuppressed(again);
        throw e;
      }
    }
    return CatalogFormat.decodeCommit(name, objects.read(name)).uuid().equals(commit.uuid());
  }
}
