package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chain of commits that says which blocks are live, see {@code docs/formats/catalog.md}. Commit
 * N+1 exists only by create-if-absent, so of several writers one wins each number. Thread-safe.
 */
public final class Catalog {
  private static final Logger log = LoggerFactory.getLogger(Catalog.class);
  static final int SNAPSHOT_EVERY = 100;

  /** A chain that was read so long ago may have been collected since. */
  private static final Duration STALE = Duration.ofHours(1);

  private final ObjectStore objects;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Floor floor;
  private volatile CatalogState state;
  private volatile Consumer<CatalogState> changed = _ -> {};
  private volatile long lastCommitMillis;

  // Guarded by this.
  private Instant read;

  /** A commit of which it is not known whether its slot holds it. */
  private @Nullable Commit open;

  /** Blocks of commits whose caller was told that their fate is unknown, and that were made. */
  private final Set<BlockId> late = new HashSet<>();

  /** Reads the newest snapshot and the commits after it. */
  public Catalog(ObjectStore objects, InstantSource clock, RandomGenerator random) {
    this.objects = objects;
    this.clock = clock;
    this.random = random;
    this.floor = new Floor(objects);
    this.read = clock.instant();
    this.state = ChainReader.read(objects, floor.number());
    refresh();
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

  /** Takes over commits that others have made since. */
  public synchronized CatalogState refresh() {
    if (Duration.between(read, clock.instant()).compareTo(STALE) > 0) {
      floor.refresh();
    }
    if (state.number() < floor.number()) {
      reload();
    }
    while (true) {
      String name = CatalogFormat.commitName(state.number() + 1);
      try {
        take(CatalogFormat.decodeCommit(name, objects.read(name)));
      } catch (StorageException.Missing e) {
        read = clock.instant();
        return state;
      }
    }
  }

  /** The chain was collected beyond what is known here: begins anew from a snapshot. */
  private void reload() {
    log.warn(
        "the catalog was collected up to commit {} while this process knew commit {}",
        floor.number(),
        state.number());
    state = ChainReader.read(objects, floor.number());
    if (open != null) {
      // Its number is behind us. Whether it was made then is told by what is covered now.
      for (BlockEntry block : open.added()) {
        if (state.covered(block.signal(), block.tenant()) > block.sequence()) {
          late.add(block.id());
        }
      }
    }
    open = null;
    changed.accept(state);
  }

  private void take(Commit commit) {
    state = state.after(commit);
    lastCommitMillis = commit.createdMillis();
    if (open != null && commit.number() >= open.number()) {
      if (commit.uuid().equals(open.uuid())) {
        open.added().forEach(block -> late.add(block.id()));
      }
      open = null;
    }
    if (!commit.changes().isEmpty()) {
      changed.accept(state);
    }
  }

  /**
   * Adds and removes blocks and moves coverage forward, all at once. Durable on return. What is
   * added is published first. A call that failed with {@code Unavailable} may be made again with
   * the same blocks: they are added once.
   *
   * @throws StorageException.Conflict when a block to remove is gone: somebody else replaced it,
   *     drop your result
   * @throws StorageException.Unavailable when it is not known whether it was done
   */
  public CatalogState commit(
      List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage) {
    objects.publish(added.stream().map(BlockEntry::objectName).toList());
    return commitPublished(added, removed, coverage);
  }

  private synchronized CatalogState commitPublished(
      List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage) {
    Draft draft = new Draft(added, removed, coverage, List.of());
    return commit(_ -> draft);
  }

  /**
   * As above, with what is added published by the caller; what is to be said may depend on what is
   * there.
   *
   * @param drafts asked for each try, with what is there then; may throw
   */
  public synchronized CatalogState commit(Function<CatalogState, Draft> drafts) {
    UUID uuid = new UUID(random.nextLong(), random.nextLong());
    settle();
    while (true) {
      Draft draft = drafts.apply(state);
      List<BlockEntry> added = draft.added();
      List<BlockEntry> fresh = added.stream().filter(block -> !late.contains(block.id())).toList();
      for (BlockId id : draft.removed()) {
        if (!state.blocks().containsKey(id)) {
          throw new StorageException.Conflict("a commit that replaced block " + id);
        }
      }
      boolean made = fresh.isEmpty() && !added.isEmpty();
      if (made && draft.removed().isEmpty() && draft.changes().isEmpty()) {
        added.forEach(block -> late.remove(block.id()));
        return state;
      }
      Commit commit =
          new Commit(
              state.number() + 1,
              uuid,
              clock.millis(),
              fresh,
              draft.removed(),
              draft.coverage(),
              draft.changes());
      if (wins(commit)) {
        take(commit);
        added.forEach(block -> late.remove(block.id()));
        snapshot();
        return state;
      }
      refresh();
    }
  }

  /** Finds out what became of a commit whose fate was unknown, by making it again. */
  private void settle() {
    Commit unknown = open;
    if (unknown == null) {
      return;
    }
    if (wins(unknown)) {
      open = unknown;
      take(unknown);
    } else {
      open = null;
      refresh();
    }
  }

  /** Whether the slot holds our commit and the chain has not been collected past it. */
  private boolean wins(Commit commit) {
    open = commit;
    boolean ours = createSlot(commit);
    boolean collected = floor.refresh() >= commit.number();
    open = null;
    return ours && !collected;
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
        return holds(name, commit);
      } catch (StorageException again) {
        e.addSuppressed(again);
        throw e;
      }
    }
    return holds(name, commit);
  }

  private boolean holds(String name, Commit commit) {
    return CatalogFormat.decodeCommit(name, objects.read(name)).uuid().equals(commit.uuid());
  }

  private void snapshot() {
    if (state.number() % SNAPSHOT_EVERY != 0) {
      return;
    }
    try {
      objects.createIfAbsent(
          CatalogFormat.snapshotName(state.number()), CatalogFormat.encode(state));
    } catch (StorageException.Unavailable e) {
      // A shortcut only; the commit is made. The next hundred brings another.
      log.warn("cannot write a catalog snapshot: {}", e.getMessage());
    }
  }
}
