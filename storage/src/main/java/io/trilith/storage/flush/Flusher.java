package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.log.Log;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns heads into committed blocks: by size, by age, when all heads together are too large, and
 * when the log is; then trims the log. One flush runs at a time, so the order of blocks is the
 * order of their content. Thread-safe.
 */
public final class Flusher {
  private static final Logger log = LoggerFactory.getLogger(Flusher.class);

  /** Blocks in one commit at most. */
  private static final int COMMIT_MAX = 256;

  private final HeadConfig config;
  private final WalConfig walConfig;
  private final Log wal;
  private final Catalog catalog;
  private final InstantSource clock;
  private final Supplier<Collection<Flushable>> heads;
  private final AtomicLong flushes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean replaying = true;

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

  /**
   * Flushes what is due, and frees what idle tenants keep. Called every second or so, and when a
   * head reports that it is large.
   */
  public synchronized void flushDue() {
    long oldestAllowed = clock.millis() - config.flushAge().toMillis();
    flush(
        head ->
            head.headBytes() >= config.flushSize().bytes()
                || head.oldestArrivalMillis() <= oldestAllowed);
    flushLargestWhileOver(config.totalSize().bytes());
    if (wal.stats().bytes() > walConfig.flushSize().bytes()) {
      flushOldest();
    }
    if (!replaying) {
      long idleSince = clock.millis() - config.idleAge().toMillis();
      heads.get().forEach(head -> head.freeIfIdle(idleSince));
    }
  }

  /**
   * Flushes all heads; returns when everything that was appended before the call is in committed
   * blocks.
   */
  public synchronized void flushAll() {
    flush(head -> true);
  }

  /** Says that the log has been read into the heads: from now on it may be trimmed. */
  public void replayed() {
    replaying = false;
  }

  public long flushes() {
    return flushes.get();
  }

  public long failures() {
    return failures.get();
  }

  private void flushLargestWhileOver(long limit) {
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
    flush(chosen::contains);
  }

  /** Flushes the heads that hold the older half of the log back. */
  private void flushOldest() {
    long oldest = heads.get().stream().mapToLong(Flushable::oldestOffset).min().orElse(0);
    long middle = oldest == Long.MAX_VALUE ? oldest : oldest + (wal.next() - oldest) / 2;
    flush(head -> head.oldestOffset() <= middle);
  }

  private void flush(Predicate<Flushable> chosen) {
    List<Flushable.Pending> pending = new ArrayList<>();
    List<BlockEntry> blocks = new ArrayList<>();
    try {
      for (Flushable head : heads.get()) {
        if (!chosen.test(head)) {
          continue;
        }
        for (Flushable.Pending content : replaying ? head.sealReplayed() : head.seal()) {
          blocks.add(content.write());
          pending.add(content);
        }
        if (blocks.size() >= COMMIT_MAX) {
          commit(pending, blocks);
        }
      }
      commit(pending, blocks);
      trim();
    } catch (RuntimeException e) {
      failures.incrementAndGet();
      throw e;
    }
  }

  private void commit(List<Flushable.Pending> pending, List<BlockEntry> blocks) {
    if (blocks.isEmpty()) {
      return;
    }
    catalog.commit(blocks, List.of(), pending.stream().map(Flushable.Pending::coverage).toList());
    for (int i = 0; i < blocks.size(); i++) {
      pending.get(i).committed(blocks.get(i));
      log.debug("flushed block={} bytes={}", blocks.get(i).id(), blocks.get(i).bytes());
    }
    flushes.addAndGet(blocks.size());
    pending.clear();
    blocks.clear();
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
    wal.trim(Math.min(oldest, next));
  }
}
