package io.trilith.logstore.store;

import io.trilith.logstore.EntryRule;
import io.trilith.logstore.LogBatch;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Labels;
import io.trilith.storage.removal.HiddenRows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, entry by entry, what is too old or too far ahead, before it comes into a log: what is in
 * the log is taken by all who read it. Used for one batch.
 */
public final class DoorCheck {
  private final DataAge age;
  private final long min;
  private final long max;
  private final List<EntryRule> expired;
  private final long newestExpired;
  private int refused;
  private String reason = "";

  DoorCheck(DataAge age, HiddenRows<EntryRule> rows) {
    this.age = age;
    this.min = age.oldestTakenNanos();
    this.max = age.maxNanos();
    this.expired = rows.everywhere();
    this.newestExpired = rows.newestExpired();
  }

  /** What of the batch is taken: the batch itself when that is all of it. */
  public LogBatch filter(LogBatch batch) {
    for (int i = 0; i < batch.entries(); i++) {
      if (!takes(batch, i) && refused++ == 0) {
        reason = reason(batch, i);
      }
    }
    return refused == 0 ? batch : taken(batch);
  }

  /** Entries refused. */
  public int refused() {
    return refused;
  }

  /** Why the first one was; empty when none was. */
  public String reason() {
    return reason;
  }

  private LogBatch taken(LogBatch batch) {
    LogBatch kept = new LogBatch();
    for (Labels labels : batch.streams()) {
      kept.addStream(labels);
    }
    for (int i = 0; i < batch.entries(); i++) {
      if (takes(batch, i)) {
        kept.addEntry(batch, i);
      }
    }
    return kept;
  }

  private boolean takes(LogBatch batch, int entry) {
    long time = batch.time(entry);
    return time >= min
        && time <= max
        && (time > newestExpired || expired.isEmpty() || expiredBy(batch, entry) == null);
  }

  private @Nullable EntryRule expiredBy(LogBatch batch, int entry) {
    for (EntryRule rule : expired) {
      if (batch.time(entry) <= rule.maxTime()
          && rule.isOf(batch.streams().get(batch.stream(entry)))) {
        return rule;
      }
    }
    return null;
  }

  private String reason(LogBatch batch, int entry) {
    long millis = Math.floorDiv(batch.time(entry), 1_000_000L);
    EntryRule rule = expiredBy(batch, entry);
    return "stream "
        + batch.streams().get(batch.stream(entry))
        + ": "
        + (rule == null ? age.reason(millis) : age.reason(millis, rule.source()));
  }
}
