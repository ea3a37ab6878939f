package io.trilith.server.node;

import io.trilith.rules.eval.RuleStates;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.Signal;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log and the way from it into blocks.
 *
 * @param budget of the heads that have what is in the log and in no block
 * @param place where the log is, for people; empty without one
 */
public record NodeLog(Log wal, HeadBudget budget, Flusher flusher, String place) {
  private static final Logger log = LoggerFactory.getLogger(NodeLog.class);

  /** By how many bytes heads grow between two looks at which are to be flushed. */
  private static final long REPLAYED_BEFORE_FLUSH = 2 << 20;

  /**
   * Puts what is in the log and not in a block back into the heads, flushing on the way when they
   * grow large.
   */
  void replay(CatalogState state, Stores stores, RuleStates ruleStates) {
    long oldest = 0;
    long[] records = new long[1];
    long[] looked = new long[1];
    wal.read(
        oldest,
        (offset, signal, tenant, payload) -> {
          if (signal == Signal.METRICS) {
            ruleStates.replay(offset, tenant, payload);
          }
          if (offset >= state.covered(signal, tenant)) {
            stores.replay(offset, signal, tenant, payload);
            records[0]++;
            // Not each time: with thousands of tenants the look itself takes a while.
            if (Math.abs(budget.used() - looked[0]) >= REPLAYED_BEFORE_FLUSH) {
              flushReplayed();
              looked[0] = budget.used();
            }
          }
        });
    flusher.replayed();
    log.info("replayed records={} from the log, next offset={}", records[0], wal.next());
  }

  private void flushReplayed() {
    try {
      flusher.writeDue();
    } catch (StorageException.Unavailable e) {
      // A full disk: what was in memory before the start fits into it again.
      if (!budget.hasRoomToReplay()) {
        throw e;
      }
      log.warn("the log's content stays in memory: {}", e.getMessage());
      return;
    }
    try {
      flusher.commitWritten();
    } catch (StorageException.Unavailable e) {
      // The blocks are written and the log has their content: the commit can wait.
      log.warn("blocks of the log's content cannot be committed yet: {}", e.getMessage());
    }
  }

  /**
   * Has everything in committed blocks, by a thread that is left behind when it is not done in
   * time: a bucket may not answer at all.
   *
   * @param endNanos until then, by System.nanoTime
   * @return what is in the log only, for people; empty when nothing is
   */
  public String flushUntil(long endNanos) {
    String[] failure = {"it was not done within server.stop-timeout"};
    Thread flush =
        Thread.ofPlatform()
            .daemon()
            .name("last-flush")
            .start(
                () -> {
                  try {
                    flusher.flushAll();
                    failure[0] = "";
                  } catch (RuntimeException e) {
                    failure[0] = String.valueOf(e.getMessage());
                  }
                });
    try {
      flush.join(Duration.ofNanos(Math.max(1, endNanos - System.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long oldest = flusher.oldestUncommitted();
    long next = wal.next();
    return oldest >= next
        ? ""
        : "up to "
            + (next - oldest)
            + " records, from offset "
            + oldest
            + " on, are only in the log '"
            + place
            + "' ("
            + wal.stats().bytes()
            + " bytes): "
            + failure[0]
            + ". A start with this directory brings them into blocks";
  }
}
