package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.store.Fresh;
import io.trilith.storage.store.Rewrite;
import io.trilith.storage.store.SignalStore;
import io.trilith.storage.store.StoreBlocks;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges neighbouring blocks of a tenant into one of the next level, see {@link MergePolicy}. The
 * merged block is written whole, then takes the place of its inputs by one commit; until then
 * nothing changes, and what a crash leaves is an object that no commit names. One merge at a time;
 * an interrupt of the thread ends it. Thread-safe.
 */
public final class BlockMerge {
  private static final Logger log = LoggerFactory.getLogger(BlockMerge.class);

  /** A tenant without a new block for so long is not waited for any more. */
  private static final Duration SETTLED = Duration.ofMinutes(10);

  /** So long after the last flush the machine has time to rewrite fresh blocks. */
  private static final Duration QUIET = Duration.ofSeconds(4);

  private static final Duration DAY = Duration.ofDays(1);

  private final Signal signal;
  private final StoreBlocks blocks;
  private final Rewrite rewrite;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final Supplier<BlockId> blockIds;
  private final InstantSource clock;
  private final Fresh fresh;
  private final AtomicLong merges = new AtomicLong();
  private volatile Duration keep = Duration.ZERO;
  private final Map<CatalogState.Scope, Newest> newest = new HashMap<>();
  private final IndexWeights weights;

  /** Blocks that cannot be read: they and what a merge would need of them stay as they are. */
  private final Set<BlockId> damaged = new HashSet<>();

  /** A scope's newest block, and when it was first seen. */
  private record Newest(BlockId block, Instant seen) {}

  /** Merges the blocks of a store. */
  public BlockMerge(
      SignalStore store,
      Catalog catalog,
      ObjectStore objects,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    this.signal = store.signal();
    this.blocks = store.mergeable();
    this.rewrite = store.rewrite();
    this.fresh = store.fresh();
    this.weights = new IndexWeights(rewrite::weight);
    this.catalog = catalog;
    this.objects = objects;
    this.blockIds = blockIds;
    this.clock = clock;
  }

  /**
   * Has the objects of replaced blocks stay for a time after the commit, known to the catalog: for
   * a process on whose bucket others work, which cannot know who reads them. Without it they go
   * when the last reader of this process is done.
   */
  public BlockMerge keeping(Duration time) {
    keep = time;
    return this;
  }

  /**
   * Takes what a merge holds from a share. Blocks whose indexes do not fit into it together are not
   * merged with each other; while others hold it, merges wait.
   */
  public synchronized BlockMerge within(MemoryShare share) {
    weights.within(share);
    return this;
  }

  /** What a commit says of the blocks that it replaces. */
  private List<Change> replaced(List<BlockEntry> inputs, String reason) {
    if (keep.isZero()) {
      return List.of();
    }
    long until = clock.millis() + keep.toMillis();
    return inputs.stream()
        .<Change>map(input -> new Change.Doomed(input, until, reason, false))
        .toList();
  }

  /** After the commit. */
  private void dropReplaced(List<BlockEntry> inputs) {
    if (keep.isZero()) {
      blocks.retire(inputs);
    }
  }

  /** Merges all that is due, scope by scope, until done or interrupted. */
  public synchronized void run() {
    blocks.deleteFree();
    List<CatalogState.Scope> scopes = blocks.scopes();
    newest.keySet().retainAll(scopes);
    weights.keepOnly(catalog.state().blocks().keySet());
    for (CatalogState.Scope scope : scopes) {
      run(scope, false, _ -> {});
    }
  }

  /** A merge that took the place of its inputs. */
  public record Merged(List<BlockEntry> inputs, BlockEntry output) {}

  /** Merges all that can be, as if nothing new was to come. */
  public void compact() {
    compact(_ -> true, _ -> {});
  }

  /**
   * As above, of some tenants, until done or interrupted. What was done stays done.
   *
   * @param done told of each merge when it is committed
   */
  public synchronized void compact(Predicate<TenantId> wanted, Consumer<Merged> done) {
    for (CatalogState.Scope scope : blocks.scopes()) {
      if (wanted.test(scope.tenant())) {
        run(scope, true, done);
      }
    }
    blocks.deleteFree();
  }

  /**
   * What {@link #compact} would merge, one merge after the other. An output is as large as its
   * inputs together at most; what it really takes is known once it is written.
   *
   * @param of blocks of one scope
   */
  public static List<Merged> plan(Signal signal, Fresh fresh, List<BlockEntry> of) {
    List<BlockEntry> left = new ArrayList<>(of);
    left.sort(Comparator.comparingLong(BlockEntry::sequence));
    List<Merged> planned = new ArrayList<>();
    while (true) {
      MergePolicy policy =
          new MergePolicy(left, _ -> false, signal.units(DAY), true, MergePolicy.Memory.UNLIMITED);
      List<BlockEntry> inputs = choose(policy, fresh, true);
      if (inputs.isEmpty()) {
        return planned;
      }
      BlockEntry output = planned(inputs, fresh);
      planned.add(new Merged(inputs, output));
      left.set(left.indexOf(inputs.getFirst()), output);
      left.removeAll(inputs);
    }
  }

  /** The block that a merge is going to write, as far as that is known; its id is an input's. */
  private static BlockEntry planned(List<BlockEntry> inputs, Fresh fresh) {
    BlockEntry last = inputs.getLast();
    return new BlockEntry(
        last.id(),
        last.partition(),
        last.signal(),
        last.tenant(),
        inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow(),
        inputs.stream().mapToLong(BlockEntry::maxTime).max().orElseThrow(),
        inputs.stream().mapToLong(BlockEntry::items).sum(),
        inputs.stream().mapToLong(BlockEntry::bytes).sum(),
        level(inputs, fresh),
        last.sequence());
  }

  /** Merges that took the place of their inputs. */
  public long merges() {
    return merges.get();
  }

  private void run(CatalogState.Scope scope, boolean everything, Consumer<Merged> done) {
    while (!Thread.currentThread().isInterrupted()) {
      List<BlockEntry> inputs = next(scope, everything);
      if (inputs.isEmpty()) {
        return;
      }
      try (Booking _ = weights.hold(inputs)) {
        BlockEntry output = merge(scope, inputs);
        if (output != null) {
          done.accept(new Merged(inputs, output));
        }
      } catch (LimitExceededException e) {
        log.debug("a merge waits: {}", e.getMessage());
        return;
      }
    }
  }

  private List<BlockEntry> next(CatalogState.Scope scope, boolean everything) {
    List<BlockEntry> all = blocks.blocks(scope);
    Duration age = everything ? SETTLED : newestAge(scope, all);
    boolean settled = age.compareTo(SETTLED) >= 0;
    CatalogState known = catalog.state();
    Predicate<BlockId> apart = id -> damaged.contains(id) || known.isDeletedFrom(id);
    MergePolicy policy = new MergePolicy(all, apart, signal.units(DAY), settled, weights.limit());
    // What is chosen is weighed, and chosen again with what is known then, until it fits.
    while (true) {
      List<BlockEntry> chosen = choose(policy, fresh, age.compareTo(QUIET) >= 0);
      if (!weights.learn(chosen)) {
        return chosen;
      }
    }
  }

  private static List<BlockEntry> choose(MergePolicy policy, Fresh fresh, boolean quiet) {
    if (fresh == Fresh.KEPT) {
      return policy.choose(0);
    }
    List<BlockEntry> rewritten = policy.fresh(quiet);
    return rewritten.isEmpty() ? policy.choose(1) : rewritten;
  }

  /** How long the newest block has been known. */
  private Duration newestAge(CatalogState.Scope scope, List<BlockEntry> known) {
    if (known.isEmpty()) {
      return Duration.ZERO;
    }
    BlockId last = known.getLast().id();
    Instant now = clock.instant();
    Newest before = newest.get(scope);
    if (before == null || !before.block().equals(last)) {
      newest.put(scope, new Newest(last, now));
      return Duration.ZERO;
    }
    return Duration.between(before.seen(), now);
  }

  /** The merged block; null when an input is damaged or gone. */
  private @Nullable BlockEntry merge(CatalogState.Scope scope, List<BlockEntry> inputs) {
    BlockEntry merged = write(scope, inputs);
    if (merged == null) {
      return null;
    }
    publish(merged);
    try {
      List<BlockId> ids = inputs.stream().map(BlockEntry::id).toList();
      catalog.commit(
          state -> {
            refuseDeleted(state, inputs);
            return new Draft(
                List.of(merged), ids, List.of(), replaced(inputs, "merged into " + merged.id()));
          });
    } catch (StorageException.Conflict e) {
      // Retention or another process took an input away meanwhile, or an earlier commit of ours
      // was made though its answer was lost: what is there now is merged another time.
      objects.delete(merged.objectName());
      blocks.takeOver(scope, catalog);
      return null;
    }
    blocks.takeOver(scope, catalog);
    dropReplaced(inputs);
    merges.incrementAndGet();
    log.debug("merged blocks={} into={} bytes={}", inputs.size(), merged.id(), merged.bytes());
    return merged;
  }

  /** Uploads it where that is needed; until then no commit can name it, so it may go again. */
  private void publish(BlockEntry merged) {
    try {
      objects.publish(List.of(merged.objectName()));
    } catch (StorageException.Unavailable e) {
      try {
        objects.delete(merged.objectName());
      } catch (StorageException.Unavailable again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /** A merged block must not bring back what was deleted from its inputs meanwhile. */
  private static void refuseDeleted(CatalogState state, List<BlockEntry> inputs) {
    for (BlockEntry input : inputs) {
      if (state.isDeletedFrom(input.id())) {
        throw new StorageException.Conflict("a deletion of rows of block " + input.id());
      }
    }
  }

  /** How much of a block the rules of some sources hide, see {@link Rewrite#hiddenShare}. */
  public double hiddenShare(BlockEntry block, Set<String> sources) {
    return rewrite.hiddenShare(block, sources);
  }

  /**
   * How many rows of a block the rules of some sources leave; reads the whole block.
   *
   * @throws StorageException.Corrupt when it is damaged
   */
  public long remaining(BlockEntry block, Set<String> sources) {
    return rewrite.writeRemaining(new NoOutput(), block, sources).items();
  }

  /** Whether a block was found damaged or lost by a merge or a rewrite. */
  public synchronized boolean isDamaged(BlockId block) {
    return damaged.contains(block);
  }

  /** What a rewrite came to. */
  public enum Outcome {
    /** Another block has taken its place, or none where nothing was left. */
    REWRITTEN,
    /** Nothing would be left: nothing was done. */
    EMPTY,
    /** It has no such rows. */
    CLEAN,
    /** It is damaged and stays as it is. */
    DAMAGED,
    /** Something else happened to the block meanwhile. */
    AGAIN
  }

  /**
   * Rewrites a block without the rows of the deletions that are due, or finds that it has none.
   * Waits for a merge that runs.
   */
  public Outcome rewriteDeleted(BlockEntry block) {
    List<Deletion> known = catalog.state().removals().of(block.id());
    long now = clock.millis();
    Set<String> due = new TreeSet<>();
    known.stream().filter(one -> one.isDue(now)).forEach(one -> due.add(one.id()));
    return due.isEmpty() ? Outcome.AGAIN : rewrite(block, known, due);
  }

  /**
   * Rewrites a block without what has expired by some policies, or finds that it has nothing of it.
   * A block with rows that were deleted is left alone.
   */
  public Outcome rewriteExpired(BlockEntry block, Set<String> policies) {
    return catalog.state().isDeletedFrom(block.id())
        ? Outcome.AGAIN
        : rewrite(block, List.of(), policies);
  }

  /** What the catalog remembers of rows that went by policies. */
  private Change.Removed removed(BlockEntry block, Set<String> policies, long rows, long bytes) {
    String by = String.join(", ", new TreeSet<>(policies));
    return new Change.Removed(clock.millis(), by, signal, block.tenant(), rows, bytes);
  }

  private synchronized Outcome rewrite(
      BlockEntry block, List<Deletion> known, Set<String> sources) {
    if (damaged.contains(block.id())) {
      return Outcome.DAMAGED;
    }
    if (!catalog.state().blocks().containsKey(block.id())) {
      return Outcome.AGAIN;
    }
    BlockEntry left;
    try (Booking _ = weights.holdAnyway(block)) {
      left = rewrite.hiddenShare(block, sources) == 0 ? block : writeRemaining(block, sources);
    } catch (StorageException.Corrupt e) {
      damaged.add(block.id());
      log.warn("a damaged block cannot be rewritten: {}", e.getMessage());
      return Outcome.DAMAGED;
    }
    boolean written = !left.equals(block);
    if (written && left.items() == 0 && known.isEmpty()) {
      // Only whole blocks can be restored: it is for who called to remove it so.
      objects.delete(left.objectName());
      return Outcome.EMPTY;
    }
    if (written && left.items() > 0) {
      publish(left);
    }
    boolean clean = left.items() == block.items();
    try {
      if (!clean || !known.isEmpty()) {
        commitRewritten(block, clean ? null : left, known, sources);
      }
    } catch (StorageException.Conflict e) {
      log.debug("a rewrite is made again: {}", e.getMessage());
      if (written) {
        objects.delete(left.objectName());
      }
      return Outcome.AGAIN;
    }
    // Not after other failures: what was written may have taken its place then.
    if (written && (clean || left.items() == 0)) {
      objects.delete(left.objectName());
    }
    return clean ? Outcome.CLEAN : Outcome.REWRITTEN;
  }

  private BlockEntry writeRemaining(BlockEntry block, Set<String> sources) {
    BlockId id = blockIds.get();
    try (ObjectOutput out = objects.create(BlockEntry.objectName(signal, block.tenant(), id))) {
      Rewrite.Written written = rewrite.writeRemaining(out, block, sources);
      out.commit();
      return entry(id, written, List.of(block));
    }
  }

  private void commitRewritten(
      BlockEntry block, @Nullable BlockEntry left, List<Deletion> known, Set<String> due) {
    Map<String, Long> rows = rows(block, left, known, due);
    Set<BlockId> clean = left == null ? Set.of(block.id()) : Set.of();
    long items = left == null ? 0 : block.items() - left.items();
    long bytes = left == null ? 0 : block.bytes() - (left.items() == 0 ? 0 : left.bytes());
    List<Change> changes = new ArrayList<>();
    for (Deletion deletion : known) {
      if (due.contains(deletion.id())) {
        changes.add(
            new Change.Progressed(
                deletion.id(), signal, rows.getOrDefault(deletion.id(), items), bytes, clean));
      } else if (left != null) {
        changes.add(new Change.Moved(deletion.id(), block.id(), left.id()));
      }
    }
    List<BlockEntry> added = left == null || left.items() == 0 ? List.of() : List.of(left);
    List<BlockId> removed = left == null ? List.of() : List.of(block.id());
    if (left != null) {
      changes.addAll(replaced(List.of(block), "rewritten"));
      if (known.isEmpty()) {
        changes.add(removed(block, due, items, bytes));
      }
    }
    catalog.commit(
        state -> {
          if (!ids(state.removals().of(block.id())).equals(ids(known))) {
            throw new StorageException.Conflict("another deletion of rows of block " + block.id());
          }
          return new Draft(added, removed, List.of(), changes);
        });
    if (left != null) {
      blocks.takeOver(block.scope(), catalog);
      dropReplaced(List.of(block));
      log.info("rewrote block={} without rows={} bytes={} by {}", block.id(), items, bytes, due);
    }
  }

  /** Of several deletions that are due at once, how many rows each takes. */
  private Map<String, Long> rows(
      BlockEntry block, @Nullable BlockEntry left, List<Deletion> known, Set<String> due) {
    Map<String, Long> rows = new HashMap<>();
    if (left != null && due.size() > 1 && !known.isEmpty()) {
      for (String one : due) {
        rows.put(one, block.items() - remaining(block, Set.of(one)));
      }
    }
    return rows;
  }

  private static List<String> ids(List<Deletion> deletions) {
    return deletions.stream().map(Deletion::id).toList();
  }

  /** Writes the merged object; null when an input is damaged, which is remembered. */
  private @Nullable BlockEntry write(CatalogState.Scope scope, List<BlockEntry> inputs) {
    BlockId id = blockIds.get();
    Rewrite.Written written;
    String name = BlockEntry.objectName(signal, scope.tenant(), id);
    try (ObjectOutput out = objects.create(name)) {
      written = rewrite.write(out, inputs);
      out.commit();
    } catch (StorageException.Corrupt e) {
      damaged.add(damagedOne(inputs, e).id());
      log.warn("a damaged block is left out of merges from now on: {}", e.getMessage());
      return null;
    } catch (StorageException.Missing e) {
      takeOver(scope, inputs, e);
      return null;
    }
    return entry(id, written, inputs);
  }

  private BlockEntry entry(BlockId id, Rewrite.Written written, List<BlockEntry> inputs) {
    // What has no items any more lives on until retention looks at it, as its inputs would have.
    boolean empty = written.items() == 0;
    return new BlockEntry(
        id,
        inputs.getFirst().partition(),
        signal,
        inputs.getFirst().tenant(),
        empty
            ? inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow()
            : written.minTime(),
        empty
            ? inputs.stream().mapToLong(BlockEntry::maxTime).max().orElseThrow()
            : written.maxTime(),
        written.items(),
        written.bytes(),
        level(inputs, fresh),
        inputs.getLast().sequence());
  }

  /**
   * Another process merged an input and deleted it: goes on with what there is now. A block that
   * the catalog still has is lost: it and what a merge would need of it stay as they are.
   */
  private void takeOver(
      CatalogState.Scope scope, List<BlockEntry> inputs, StorageException.Missing e) {
    CatalogState state = catalog.refresh();
    for (BlockEntry input : inputs) {
      boolean named = String.valueOf(e.getMessage()).startsWith(input.objectName());
      if (named && state.blocks().containsKey(input.id())) {
        damaged.add(input.id());
        log.warn("a lost block is left out of merges from now on: {}", e.getMessage());
      }
    }
    blocks.takeOver(scope, catalog);
  }

  /** The one that the error names: its message begins with the object's name. */
  private static BlockEntry damagedOne(List<BlockEntry> inputs, StorageException.Corrupt e) {
    String message = String.valueOf(e.getMessage());
    return inputs.stream()
        .filter(input -> message.startsWith(input.objectName()))
        .findFirst()
        .orElse(inputs.getFirst());
  }

  /** One above the highest, unless only one input has that; what is rewritten is not fresh. */
  private static int level(List<BlockEntry> inputs, Fresh fresh) {
    int least = fresh == Fresh.REWRITTEN ? 1 : 0;
    int highest = inputs.stream().mapToInt(BlockEntry::level).max().orElseThrow();
    return inputs.stream().filter(block -> block.level() == highest).count() > 1
        ? highest + 1
        : Math.max(least, highest);
  }
}
