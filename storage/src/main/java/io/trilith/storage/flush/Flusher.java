package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.log.Log;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns heads into committed blocks: by size, by age, when all heads together are too large, and
 * when the log is; then trims the log. That is two steps, each done by one thread at a time, so the
 * order of blocks is the order of their content: writing blocks, which frees memory, and committing
 * what is written. The second may fail for long, as when a bucket is away; the first goes on.
 * Thread-safe.
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
  private final WalConfig walConfig;
  private final Log wal;
  private final Catalog catalog;
  private final InstantSource clock;
  private final Supplier<Collection<Flushable>> heads;
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock committing = new ReentrantLock();
  private final AtomicLong flushes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean replaying = true;
  private volatile MemoryShare memory = MemoryShare.unlimited();
  private volatile LongSupplier kept = () -> Long.MAX_VALUE;

  /** The heads are asked for anew each time: tenants come and go. */
  public Flusher(
      HeadConfig config,
      WalConfig walConfig,
      Log wal,
      Catalog catalog,
      InstantSource clock,
      Supplier<Collection<Flushable>> heads) {
    this.config = config;
    this.walConfig = walConfig;
    this.wal = wal;
    this.catalog = catalog;
    this.clock = clock;
    this.heads = heads;
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
   * Flushes what is due, and frees what idle tenants keep. Called every second or so, and when a
   * head reports that it is large.
   */
  public void flushDue() {
    writeDue();
    commitWritten();
  }

  /** The first step of {@link #flushDue}: writes what is due into blocks. */
  public void writeDue() {
    writing.lock();
    try {
      long oldestAllowed = clock.millis() - config.flushAge().toMillis();
      write(
          head ->
              head.headBytes() >= config.flushSize().bytes()
                  || head.oldestArrivalMillis() <= oldestAllowed);
      writeLargestWhileOver(config.totalSize().bytes());
      if (unwrittenLogBytes() > walConfig.flushSize().bytes()) {
        writeOldest();
      }
      if (!replaying) {
        long idleSince = clock.millis() - config.idleAge().toMillis();
        heads.get().forEach(head -> head.freeIfIdle(idleSince));
      }
    } finally {
      writing.unlock();
    }
  }

  /**
   * Flushes all heads; returns when everything that was appended before the call is in committed
   * blocks.
   */
  public void flushAll() {
    writing.lock();
    try {
      write(head -> true);
    } finally {
      writing.unlock();
    }
    commitWritten();
  }

  /** The second step of {@link #flushDue}: commits the blocks that are written, trims the log. */
  public void commitWritten() {
    committing.lock();
    try {
      List<Flushable.Pending> pending = new ArrayList<>();
      for (Flushable head : heads.get()) {
        for (Flushable.Pending content : head.sealed()) {
          if (content.written() == null) {
            break;
          }
          pending.add(content);
        }
        if (pending.size() >= COMMIT_MAX) {
          commit(pending);
        }
      }
      commit(pending);
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

  /** The oldest log offset that is in no committed block; {@link Log#next} when there is none. */
  public long oldestUncommitted() {
    long next = wal.next();
    return oldest(Flushable::oldestOffset, next);
  }

  public long flushes() {
    return flushes.get();
  }

  public long failures() {
    return failures.get();
  }

  private void writeLargestWhileOver(long limit) {
    List<Flushable> bySize = new ArrayList<>(heads.get());
    long total = bySize.stream().mapToLong(Flushable::headBytes).sum();
    if (total <= limit) {
      return;
    }
    bySize.sort(Comparator.comparingLong(Flushable::headBytes).reversed());
    List<Flushable> chosen = new ArrayList<>();
    for (Flushable head : bySize) {
      if (total <= limit / 2) {
        break;
      }
      total -= head.headBytes();
      chosen.add(head);
    }
    write(chosen::contains);
  }

  /**
   * Bytes of the log that no written block holds, roughly: what waits for its commit stays in the
   * log however much is written.
   */
  private long unwrittenLogBytes() {
    long next = wal.next();
    long kept = next - oldest(Flushable::oldestOffset, next);
    long unwritten = next - oldest(Flushable::oldestUnwritten, next);
    long bytes = wal.stats().bytes();
    return kept <= 0 ? 0 : (long) (bytes * ((double) Math.min(unwritten, kept) / kept));
  }

  private long oldest(ToLongFunction<Flushable> offset, long none) {
    return Math.min(none, heads.get().stream().mapToLong(offset).min().orElse(none));
  }

  /** Writes the heads that hold the older half of the log back. */
  private void writeOldest() {
    long next = wal.next();
    long oldest = oldest(Flushable::oldestUnwritten, next);
    long middle = oldest + (next - oldest) / 2;
    write(head -> head.oldestUnwritten() <= middle);
  }

  private void write(Predicate<Flushable> chosen) {
    try {
      for (Flushable head : heads.get()) {
        if (chosen.test(head)) {
          write(head);
        }
      }
    } catch (RuntimeException e) {
      failures.incrementAndGet();
      throw e;
    }
  }

  private void write(Flushable head) {
    try (Booking held = memory.open()) {
      held.takeAnyway(head.headBytes() / BLOCK_PART);
      for (Flushable.Pending content : replaying ? head.sealReplayed() : head.seal()) {
        content.write();
      }
    }
  }

  private void commit(List<Flushable.Pending> pending) {
    if (pending.isEmpty()) {
      return;
    }
    List<BlockEntry> blocks =
        pending.stream().map(one -> Objects.requireNonNull(one.written())).toList();
    catalog.commit(blocks, List.of(), pending.stream().map(Flushable.Pending::coverage).toList());
    for (int i = 0; i < blocks.size(); i++) {
      pending.get(i).committed(blocks.get(i));
      log.debug("flushed block={} bytes={}", blocks.get(i).id(), blocks.get(i).bytes());
    }
    flushes.addAndGet(blocks.size());
    pending.clear();
  }

  private void trim() {
    if (replaying) {
      return;
    }
    // The order matters: a record that gets its offset after this line is not below it, and one
    // that got it before is
    // known to its head, which is asked afterwards and answers under its lock.
    long next = wal.next();
    long oldest = heads.get().stream().mapToLong(Flushable::oldestOffset).min().orElse(next);
    wal.trim(Math.min(kept.getAsLong(), Math.min(oldest, next)));
  }
}
