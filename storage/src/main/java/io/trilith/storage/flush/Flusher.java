package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.log.Log;
import io.trilith.storage.log.LogProgress;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.Partition;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns heads into committed blocks, then trims the log. When a head ends is the {@link Cutter}'s
 * decision; what has ended becomes a block in two steps, each done by one thread at a time, so the
 * order of blocks is the order of their content: writing blocks, which frees memory, and committing
 * what is written. The second may fail for long, as when a bucket is away; the first goes on. Only
 * what belongs to partitions that are this process's is cut, written and committed. That two think
 * so costs work and nothing else: a commit says from where on it covers, and the later one does not
 * fit. Thread-safe.
 */
public final class Flusher {
  private static final Logger log = LoggerFactory.getLogger(Flusher.class);

  /** Blocks in one commit at most. */
  private static final int COMMIT_MAX = 256;

  /**
   * What is held of a block until it is written, its index and a page, is that part of its head.
   */
  private static final int BLOCK_PART = 2;

  private final HeadConfig config;
  private final LogProgress progress;
  private final Catalog catalog;
  private final InstantSource clock;
  private final Supplier<Collection<Flushable>> heads;
  private final Cutter cutter;
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock cutting = new ReentrantLock();
  private final ReentrantLock committing = new ReentrantLock();
  private final AtomicLong flushes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean replaying = true;
  private volatile MemoryShare memory = MemoryShare.unlimited();
  private volatile Predicate<Partition> owns = _ -> true;
  private volatile @Nullable Cuts cuts;
  private volatile LongSupplier kept = () -> Long.MAX_VALUE;

  /** Over a log of this process alone. The heads are asked for anew each time. */
  public Flusher(
      HeadConfig config,
      WalConfig walConfig,
      Log wal,
      Catalog catalog,
      InstantSource clock,
      Supplier<Collection<Flushable>> heads) {
    this(config, walConfig, LogProgress.of(wal), catalog, clock, heads);
  }

  /** Over any log. The heads are asked for anew each time: tenants come and go. */
  public Flusher(
      HeadConfig config,
      WalConfig walConfig,
      LogProgress progress,
      Catalog catalog,
      InstantSource clock,
      Supplier<Collection<Flushable>> heads) {
    this.config = config;
    this.progress = progress;
    this.catalog = catalog;
    this.clock = clock;
    this.heads = heads;
    this.cutter = new Cutter(config, walConfig, progress, clock, heads, this::isOwned);
  }

  /** Counts what a flush holds in a share; merges, which take from it too, make room. */
  public Flusher within(MemoryShare share) {
    memory = share;
    return this;
  }

  /** Keeps records of the log from an offset on, whether or not blocks have their content. */
  public void keepFrom(LongSupplier offset) {
    kept = offset;
  }

  /**
   * Has others follow the same log.
   *
   * @param partitions which of them are this process's now
   * @param places where heads end, instead of wherever they stand
   */
  public Flusher among(Predicate<Partition> partitions, Cuts places) {
    owns = partitions;
    cuts = places;
    return this;
  }

  private boolean isOwned(Flushable head) {
    return owns.test(head.scope().partition());
  }

  /**
   * Flushes what is due, and frees what idle tenants keep. Called every second or so, and when a
   * head reports that it is large.
   */
  public void flushDue() {
    writeDue();
    commitWritten();
  }

  /**
   * Ends the heads that are due, also while others are being written: what is in one block stays
   * small however slow the writing is. Called a few times a second.
   */
  public void cutDue() {
    cutting.lock();
    try {
      cut(cutter.due());
    } finally {
      cutting.unlock();
    }
  }

  /** The first step of {@link #flushDue}: cuts what is due, writes what has ended into blocks. */
  public void writeDue() {
    writing.lock();
    try {
      cutDue();
      write();
      // Looked at afterwards: what was written does not count any more.
      List<Flushable> largest = cutter.largest();
      cut(largest);
      List<Flushable> oldest = cutter.oldest();
      cut(oldest);
      if (!largest.isEmpty() || !oldest.isEmpty()) {
        write();
      }
      if (!replaying) {
        long idleSince = clock.millis() - config.idleAge().toMillis();
        heads.get().forEach(head -> head.freeIfIdle(idleSince));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      failures.incrementAndGet();
      throw e;
    } finally {
      writing.unlock();
    }
  }

  /**
   * Flushes all heads; returns when everything that was appended before the call is in committed
   * blocks. Where others follow the same log, when what has ended is.
   */
  public void flushAll() {
    writing.lock();
    try {
      cut(cutter.all());
      write();
    } catch (RuntimeException e) {
      failures.incrementAndGet();
      throw e;
    } finally {
      writing.unlock();
    }
    commitWritten();
  }

  /** The second step of {@link #flushDue}: commits the blocks that are written, trims the log. */
  public void commitWritten() {
    committing.lock();
    try {
      List<Due> due = new ArrayList<>();
      int blocks = 0;
      for (Flushable head : heads.get()) {
        if (isOwned(head)) {
          List<Flushable.Pending> written = written(head);
          blocks += written.size();
          if (!written.isEmpty()) {
            due.add(new Due(head, written));
          }
        }
        if (blocks >= COMMIT_MAX) {
          commit(due);
          due.clear();
          blocks = 0;
        }
      }
      commit(due);
      trim();
    } catch (RuntimeException e) {
      failures.incrementAndGet();
      throw e;
    } finally {
      committing.unlock();
    }
  }

  /** Says that the log has been read into the heads: from now on it may be trimmed. */
  public void replayed() {
    replaying = false;
  }

  /** The oldest offset of the local log that is in no committed block; its end without one. */
  public long oldestUncommitted() {
    return floor(Partition.LOCAL, Map.of());
  }

  public long flushes() {
    return flushes.get();
  }

  public long failures() {
    return failures.get();
  }

  private void cut(List<Flushable> chosen) {
    Cuts places = cuts;
    for (Flushable head : chosen) {
      if (places != null) {
        places.cut(head.scope());
      } else if (replaying) {
        head.sealReplayed();
      } else {
        head.seal();
      }
    }
  }

  private void write() {
    for (Flushable head : heads.get()) {
      if (isOwned(head)) {
        write(head);
      }
    }
  }

  private void write(Flushable head) {
    List<? extends Flushable.Pending> sealed = head.sealed();
    if (sealed.isEmpty()) {
      return;
    }
    try (Booking held = memory.open()) {
      // One after the other: together they need what the largest needs.
      held.takeAnyway(head.sealedBytes() / sealed.size() / BLOCK_PART);
      for (Flushable.Pending content : sealed) {
        content.write();
      }
    } catch (StorageException.Conflict e) {
      // It is looked at again in a moment; what is in a block of somebody else is gone by then.
      log.debug("not written: {}", e.getMessage());
    }
  }

  /** What of a head waits for its commit. */
  private record Due(Flushable head, List<Flushable.Pending> contents) {}

  private static List<Flushable.Pending> written(Flushable head) {
    List<Flushable.Pending> written = new ArrayList<>();
    for (Flushable.Pending content : head.sealed()) {
      if (content.written() == null) {
        break;
      }
      written.add(content);
    }
    return written;
  }

  private void commit(List<Due> due) {
    if (due.isEmpty()) {
      return;
    }
    List<BlockEntry> blocks = new ArrayList<>();
    for (Due one : due) {
      one.contents.forEach(content -> blocks.add(Objects.requireNonNull(content.written())));
    }
    catalog.publish(blocks);
    CatalogState state = catalog.commit(now -> draft(now, due));
    for (Due one : due) {
      long covered = state.covered(one.head.scope());
      for (Flushable.Pending content : one.contents) {
        BlockEntry block = Objects.requireNonNull(content.written());
        if (content.coverage().next() <= covered) {
          content.committed(block);
          flushes.incrementAndGet();
          log.debug("flushed block={} bytes={}", block.id(), block.bytes());
        }
      }
    }
    for (Due one : due) {
      if (one.head.sealed().contains(one.contents.getFirst())) {
        misfits(one, state);
      }
    }
  }

  /** It is in no block, and it does not go on where the chain ends: it must not be committed. */
  private static void misfits(Due one, CatalogState state) {
    Coverage coverage = one.contents.getFirst().coverage();
    log.error(
        "heads of {} begin at offset {}, but what is covered ends at {}: they are not flushed, and"
            + " stay in the log",
        coverage.scope(),
        coverage.from(),
        state.covered(coverage.scope()));
    throw new StorageException.Conflict(
        "coverage of " + coverage.scope() + " beyond offset " + coverage.from());
  }

  /**
   * What fits what there is now. What does not was committed by somebody else meanwhile; the rest
   * is committed all the same, so that losing one partition does not hold up the others.
   */
  private Draft draft(CatalogState now, List<Due> due) {
    catalog.requireOwner(now);
    List<BlockEntry> blocks = new ArrayList<>();
    List<Coverage> coverage = new ArrayList<>();
    for (Due one : due) {
      List<? extends Flushable.Pending> sealed = one.head.sealed();
      List<Flushable.Pending> left = one.contents.stream().filter(sealed::contains).toList();
      if (left.isEmpty() || sealed.indexOf(left.getFirst()) > 0) {
        continue;
      }
      long from = left.getFirst().coverage().from();
      if (from == now.covered(one.head.scope())) {
        long next = left.getLast().coverage().next();
        coverage.add(new Coverage(one.head.scope(), from, next));
        left.forEach(content -> blocks.add(Objects.requireNonNull(content.written())));
      }
    }
    return new Draft(blocks, List.of(), coverage, floors(coverage), List.of());
  }

  /** Where the partitions of a commit are needed from once it is made. */
  private Map<Partition, Long> floors(List<Coverage> coverage) {
    Map<Partition, Long> floors = new TreeMap<>();
    if (replaying) {
      return floors;
    }
    Map<CatalogState.Scope, Long> covered = new HashMap<>();
    coverage.forEach(one -> covered.put(one.scope(), one.next()));
    for (CatalogState.Scope scope : covered.keySet()) {
      floors.computeIfAbsent(scope.partition(), partition -> needed(partition, covered));
    }
    return floors;
  }

  /**
   * The oldest offset of a partition that no committed block has.
   *
   * @param covered what is taken for committed beside what is
   */
  private long floor(Partition partition, Map<CatalogState.Scope, Long> covered) {
    // The order matters: a record that gets its offset after this line is not below it, and one
    // that got it before is known to its head, which is asked afterwards and answers under its
    // lock.
    long oldest = progress.next(partition);
    for (Flushable head : heads.get()) {
      if (head.scope().partition().equals(partition)) {
        long upTo = covered.getOrDefault(head.scope(), 0L);
        oldest = Math.min(oldest, head.oldestOffset(upTo));
      }
    }
    return oldest;
  }

  /** As {@link #floor}, or what is kept although blocks have it. */
  private long needed(Partition partition, Map<CatalogState.Scope, Long> covered) {
    long floor = floor(partition, covered);
    return partition.equals(Partition.LOCAL) ? Math.min(kept.getAsLong(), floor) : floor;
  }

  private void trim() {
    if (replaying) {
      return;
    }
    for (Partition partition : progress.partitions()) {
      progress.trim(partition, needed(partition, Map.of()));
    }
  }
}
