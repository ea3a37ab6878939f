package io.trilith.tracestore.store;

import io.trilith.storage.flush.DataAge;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import io.trilith.tracestore.columns.SpanCopy;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, span by span, what is too old or too far ahead, before it comes into a log: what is in
 * the log is taken by all who read it. Used for one batch.
 */
public final class DoorCheck {
  private final DataAge age;
  private final HiddenRows<SpanRule> rows;
  private final long min;
  private final long max;
  private final long newestExpired;
  private long refused;
  private String reason = "";

  DoorCheck(DataAge age, HiddenRows<SpanRule> rows) {
    this.age = age;
    this.rows = rows;
    this.min = age.oldestTakenNanos();
    this.max = age.maxNanos();
    this.newestExpired = rows.newestExpired();
  }

  /** What of the batch is taken: the batch itself when that is all of it. */
  public SpanBatch filter(SpanBatch batch) {
    SpanColumns columns = batch.columns();
    BitSet out = new BitSet();
    for (int row = 0; row < batch.size(); row++) {
      String why = refusal(columns, row);
      if (why != null) {
        out.set(row);
        if (reason.isEmpty()) {
          TraceId id = new TraceId(columns.traceHigh(row), columns.traceLow(row));
          reason = "trace " + id + ": " + why;
        }
      }
    }
    refused = out.cardinality();
    if (out.isEmpty()) {
      return batch;
    }
    SpanColumns kept = new SpanColumns();
    SpanCopy copy = new SpanCopy(kept, columns);
    int row = out.nextClearBit(0);
    while (row < batch.size()) {
      copy.span(row);
      row = out.nextClearBit(row + 1);
    }
    return new SpanBatch(kept);
  }

  /** Spans refused. */
  public long refused() {
    return refused;
  }

  /** Why the first one was; empty when none was. */
  public String reason() {
    return reason;
  }

  /** Why a span is refused, null when it is taken. */
  private @Nullable String refusal(SpanColumns columns, int row) {
    long start = columns.startNanos(row);
    long millis = Math.floorDiv(start, 1_000_000L);
    if (start < min || start > max) {
      return age.reason(millis);
    }
    if (start <= newestExpired) {
      Span span = columns.view().span(row);
      for (SpanRule rule : rows.everywhere()) {
        if (rule.isExpired(span)) {
          return age.reason(millis, rule.source());
        }
      }
    }
    return null;
  }
}
