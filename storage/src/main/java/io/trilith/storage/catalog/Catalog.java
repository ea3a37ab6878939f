package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

  /** Commits that are asked for at once when others make many. */
  private static final int AHEAD_MAX = 8;

  /** A chain that was read so long ago may have been collected since. */
  private static final Duration STALE = Duration.ofHours(1);

  private final Duration stale;

  private final ObjectStore objects;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Floor floor;
  private volatile CatalogState state;
  private volatile CatalogListener listener = _ -> {};
  private volatile long lastCommitMillis;
  private volatile String ownLog = "";

  // Guarded by this.
  private Instant read;

  /** A commit of which it is not known whether its slot holds it. */
  private @Nullable Commit open;

  /** Blocks of commits whose caller was told that their fate is unknown, and that were made. */
  private final Set<BlockId> late = new HashSet<>();

  /** Reads the newest snapshot and the commits after it. */
  public Catalog(ObjectStore objects, InstantSource clock, RandomGenerator random) {
    this(objects, clock, random, STALE);
  }

  /**
   * As above.
   *
   * @param age from which on commits may be collected, by whomever
   */
  public Catalog(ObjectStore objects, InstantSource clock, RandomGenerator random, Duration age) {
    this.stale = age.compareTo(STALE) < 0 ? age.dividedBy(2) : STALE;
    this.objects = objects;
    this.clock = clock;
    this.random = random;
    this.floor = new Floor(objects);
    this.read = clock.instant();
    this.state = ChainReader.read(objects, floor.number());
    this.lastCommitMillis = createdMillis(state.number());
    refresh();
  }

  /** When a commit was made; 0 where that is not known any more. */
  private long createdMillis(long number) {
    try {
      return number == 0 ? 0 : CatalogFormat.readCommit(objects, number).createdMillis();
    } catch (StorageException.Missing | StorageException.Corrupt e) {
      log.warn("commit {} cannot tell its time: {}", number, e.getMessage());
      return 0;
    }
  }

  /** What is live now. */
  public CatalogState state() {
    return state;
  }

  /**
   * Has somebody told of each commit from now on, own ones before {@link #commit} returns; and of
   * what there is now, as one step from nothing.
   */
  public synchronized void listen(CatalogListener told) {
    listener = told;
    tell(CatalogState.EMPTY, state, Set.of());
  }

  /**
   * Uses what is live now while nothing can change and no listener is told: for what takes over
   * blocks into views, so that no older state comes after a newer one.
   */
  public synchronized void settled(Consumer<CatalogState> use) {
    use.accept(told(state));
  }

  /** As it is for the heads of this process. */
  private CatalogState told(CatalogState now) {
    return isOwner(now) ? now : now.ofAnothersLog();
  }

  private boolean isOwner(CatalogState now) {
    return ownLog.isEmpty() || now.ownership().allows(ownLog);
  }

  /**
   * Names the log whose offsets the coverage of commits made here speaks of: they are refused from
   * when another log has taken the bucket over.
   */
  public void writesFor(String id) {
    ownLog = id;
  }

  /**
   * Throws when what is covered is another log's than the one named by {@link #writesFor}.
   *
   * @param now what is there
   */
  public void requireOwner(CatalogState now) {
    if (!isOwner(now)) {
      throw new StorageException.TakenOver(
          "another server has taken the bucket over: "
              + now.ownership().owner().map(Ownership.Owner::host).orElse(""));
    }
  }

  /** When the last commit that was seen was made, in milliseconds since 1970; 0 for unknown. */
  public long lastCommitMillis() {
    return lastCommitMillis;
  }

  /** Takes over commits that others have made since. */
  public synchronized CatalogState refresh() {
    if (Duration.between(read, clock.instant()).compareTo(stale) > 0) {
      floor.refresh();
    }
    if (state.number() < floor.number()) {
      reload();
    }
    // As a rule there is none, or one: only where there are more is it worth to ask ahead.
    int ahead = 1;
    List<Commit> next;
    do {
      next = next(ahead);
      next.forEach(this::take);
      ahead = next.size() < ahead ? 0 : Math.min(2 * ahead, AHEAD_MAX);
    } while (ahead > 0);
    read = clock.instant();
    return state;
  }

  private List<Commit> next(int count) {
    if (count > 1) {
      return ChainReader.commits(objects, state.number() + 1, count);
    }
    try {
      return List.of(CatalogFormat.readCommit(objects, state.number() + 1));
    } catch (StorageException.Missing e) {
      return List.of();
    }
  }

  /** The chain was collected beyond what is known here: begins anew from a snapshot. */
  private void reload() {
    log.warn(
        "the catalog was collected up to commit {} while this process knew commit {}",
        floor.number(),
        state.number());
    CatalogState before = state;
    CatalogState after = ChainReader.read(objects, floor.number());
    Set<BlockId> committed = new HashSet<>(after.blocks().keySet());
    if (open != null) {
      // Its number is behind us. Whether it was made then is told by what is covered now.
      Set<CatalogState.Scope> covered = new HashSet<>();
      for (Coverage one : open.coverage()) {
        if (after.covered(one.scope()) >= one.next()) {
          covered.add(one.scope());
        }
      }
      for (BlockEntry block : open.added()) {
        if (covered.contains(block.scope())) {
          late.add(block.id());
          committed.add(block.id());
        }
      }
    }
    open = null;
    state = after;
    lastCommitMillis = createdMillis(after.number());
    tell(before, after, committed);
  }

  private void take(Commit commit) {
    CatalogState before = state;
    state = before.after(commit);
    lastCommitMillis = commit.createdMillis();
    if (open != null && commit.number() >= open.number()) {
      if (commit.uuid().equals(open.uuid())) {
        open.added().forEach(block -> late.add(block.id()));
      }
      open = null;
    }
    Set<BlockId> committed = new HashSet<>();
    commit.added().forEach(block -> committed.add(block.id()));
    Map<CatalogState.Scope, Long> covered = new HashMap<>();
    commit.coverage().forEach(one -> covered.put(one.scope(), state.covered(one.scope())));
    tell(before, state, committed, commit.removed(), covered);
  }

  private void tell(CatalogState before, CatalogState after, Set<BlockId> committed) {
    Set<BlockId> added = new HashSet<>(committed);
    added.addAll(after.blocks().keySet());
    Map<CatalogState.Scope, Long> covered = new HashMap<>(after.coverage());
    tell(before, after, added, before.blocks().keySet(), covered);
  }

  private void tell(
      CatalogState before,
      CatalogState after,
      Set<BlockId> committed,
      Collection<BlockId> removed,
      Map<CatalogState.Scope, Long> covered) {
    List<BlockEntry> gone = new ArrayList<>();
    Map<CatalogState.Scope, List<BlockEntry>> live = new HashMap<>();
    for (BlockId id : removed) {
      BlockEntry block = before.blocks().get(id);
      if (block != null && !after.blocks().containsKey(id)) {
        gone.add(block);
        live.computeIfAbsent(block.scope(), _ -> new ArrayList<>());
      }
    }
    for (BlockId id : committed) {
      BlockEntry block = after.blocks().get(id);
      if (block != null) {
        live.computeIfAbsent(block.scope(), _ -> new ArrayList<>());
      }
    }
    if (!live.isEmpty()) {
      for (BlockEntry block : after.blocks().values()) {
        List<BlockEntry> own = live.get(block.scope());
        if (own != null) {
          own.add(block);
        }
      }
    }
    CatalogState told = told(after);
    covered.keySet().retainAll(told.coverage().keySet());
    listener.changed(new CatalogListener.Step(before, told, committed, gone, live, covered));
  }

  /**
   * Adds and removes blocks and moves coverage forward, all at once. Durable on return. What is
   * added is published first. A call that failed with {@code Unavailable} may be made again with
   * the same blocks: they are added once.
   *
   * @throws StorageException.Conflict when a block to remove is gone: somebody else replaced it,
   *     drop your result; or when coverage does not begin where what is covered ends: somebody else
   *     has committed the same records
   * @throws StorageException.Unavailable when it is not known whether it was done
   * @throws StorageException.TakenOver when coverage is another log's now, see {@link #writesFor}
   */
  public CatalogState commit(
      List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage) {
    publish(added);
    return commitPublished(added, removed, coverage);
  }

  /** Makes blocks readable for everybody, as they must be before a commit names them. */
  public void publish(List<BlockEntry> blocks) {
    objects.publish(blocks.stream().map(BlockEntry::objectName).toList());
  }

  private synchronized CatalogState commitPublished(
      List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage) {
    Draft draft = new Draft(added, removed, coverage, List.of());
    return commit(_ -> draft);
  }

  /**
   * As above, with what is added published by the caller; what is to be said may depend on what is
   * there. A draft that says nothing makes no commit.
   *
   * @param drafts asked for each try, with what is there then; may throw
   */
  public synchronized CatalogState commit(Function<CatalogState, Draft> drafts) {
    UUID uuid = new UUID(random.nextLong(), random.nextLong());
    settle();
    while (true) {
      Draft draft = drafts.apply(state);
      if (draft.isEmpty()) {
        return state;
      }
      if (!draft.coverage().isEmpty()) {
        requireOwner(state);
      }
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
      List<Coverage> coverage = uncovered(draft, fresh);
      requireLast();
      Commit commit =
          new Commit(
              state.number() + 1,
              link(),
              uuid,
              clock.millis(),
              fresh,
              draft.removed(),
              coverage,
              draft.floors(),
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

  /**
   * What a draft covers, without what an earlier commit of ours did whose answer was lost.
   *
   * @param fresh the blocks that no such commit has added
   */
  private List<Coverage> uncovered(Draft draft, List<BlockEntry> fresh) {
    Set<CatalogState.Scope> made = new HashSet<>();
    draft.added().forEach(block -> made.add(block.scope()));
    fresh.forEach(block -> made.remove(block.scope()));
    List<Coverage> left = new ArrayList<>();
    for (Coverage one : draft.coverage()) {
      if (state.continues(one)) {
        left.add(one);
      } else if (!made.contains(one.scope())) {
        throw new StorageException.Conflict(
            "coverage of " + one.scope() + " beyond offset " + one.from());
      }
    }
    return left;
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
        return holds(commit);
      } catch (StorageException again) {
        e.addSuppressed(again);
        throw e;
      }
    }
    return holds(commit);
  }

  private boolean holds(Commit commit) {
    return CatalogFormat.readCommit(objects, commit.number()).uuid().equals(commit.uuid());
  }

  /** A commit on a chain that is gone would be lost with all after it. */
  private void requireLast() {
    if (state.number() == 0 || state.number() <= floor.number()) {
      return;
    }
    try {
      objects.readRange(CatalogFormat.commitName(state.number()), 0, 1);
    } catch (StorageException.Missing e) {
      if (floor.refresh() < state.number() && !hasSnapshot()) {
        throw new StorageException.Unavailable("the bucket was emptied or replaced", e);
      }
    }
  }

  /** A chain that was restored may begin with one. */
  private boolean hasSnapshot() {
    try {
      objects.readRange(CatalogFormat.snapshotName(state.number()), 0, 1);
      return true;
    } catch (StorageException.Missing e) {
      return false;
    }
  }

  /** For the next commit; the first that has one names the bucket. */
  private ChainLink link() {
    return state.link().isNone()
        ? new ChainLink(new UUID(random.nextLong(), random.nextLong()), state.link().last())
        : state.link();
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
