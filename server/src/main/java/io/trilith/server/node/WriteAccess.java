package io.trilith.server.node;

import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Ownership;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LogIdentity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this process may write: not when its data directory is gone, for what is acknowledged
 * then would be found by nobody, and not when another server has taken the bucket over, for nothing
 * of it could be flushed. Once refused it stays so. Thread-safe but for {@link #look}.
 */
public final class WriteAccess {
  private static final Logger log = LoggerFactory.getLogger(WriteAccess.class);

  private final @Nullable DataDirectory directory;
  private final Catalog catalog;
  private final HeadBudget budget;
  private final String ownLog;

  /** The commit that the log is known to know of. Confined to {@link #look}. */
  private long noted;

  /**
   * For the log of a process.
   *
   * @param directory null for a process that only sees the bucket
   * @param budget refuses for it
   * @param ownLog the id of the log, empty without one
   */
  WriteAccess(
      @Nullable DataDirectory directory, Catalog catalog, HeadBudget budget, String ownLog) {
    this.directory = directory;
    this.catalog = catalog;
    this.budget = budget;
    this.ownLog = ownLog;
  }

  /** Why all writes are refused; null when they are not. */
  public @Nullable String refusal() {
    return budget.refusal();
  }

  /** The task, left out while writes are refused. */
  public Runnable whileGranted(Runnable task) {
    return () -> {
      if (refusal() == null) {
        task.run();
      }
    };
  }

  /**
   * Looks whether the data directory is the one that was opened; notes what the log knows of the
   * bucket. Called by one thread at a time.
   */
  void look() {
    if (directory == null || budget.refusal() != null) {
      return;
    }
    String why = directory.refusal();
    if (why != null) {
      refuse(why);
      return;
    }
    CatalogState state = catalog.state();
    if (state.number() > noted && !state.link().isNone()) {
      String id = state.link().bucket().toString();
      LogIdentity.know(directory.log(), new LogIdentity.KnownBucket(id, state.number()));
      noted = state.number();
    }
  }

  /** Takes over who owns the bucket. */
  void follow(Ownership ownership) {
    if (!ownLog.isEmpty() && !ownership.allows(ownLog) && budget.refusal() == null) {
      refuse(
          "another server has taken the bucket over: "
              + TakeOver.describe(ownership)
              + "; this one takes no writes any more. What only its log has comes to the bucket when it is started again");
    }
  }

  private void refuse(String why) {
    log.error("{}", why);
    budget.refuse(why);
  }
}
