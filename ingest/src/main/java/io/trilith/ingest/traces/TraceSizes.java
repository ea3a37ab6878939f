package io.trilith.ingest.traces;

import io.trilith.ingest.Rejections;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import io.trilith.tracestore.columns.SpanCopy;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bytes that the traces of tenants with a limit have had so far. Of many traces those that got
 * spans last are remembered: the limit is for what goes on and on. Thread-safe.
 */
final class TraceSizes {
  private static final int TRACES_MAX = 100_000;

  private record Key(TenantId tenant, long high, long low) {}

  /** Guarded by itself. */
  private final Map<Key, long[]> sizes =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, long[]> eldest) {
          return size() > TRACES_MAX;
        }
      };

  /**
   * The spans whose traces stay within the limit; others are counted as refused.
   *
   * @param sent bytes of all spans of the batch as they came: each counts as their mean
   */
  SpanBatch within(TenantId tenant, SpanBatch batch, long sent, long max, Rejections rejections) {
    SpanColumns columns = batch.columns();
    long each = sent / Math.max(1, columns.size());
    boolean[] kept = new boolean[columns.size()];
    int refused = 0;
    Key first = new Key(tenant, 0, 0);
    synchronized (sizes) {
      for (int row = 0; row < kept.length; row++) {
        Key key = new Key(tenant, columns.traceHigh(row), columns.traceLow(row));
        long[] size = sizes.computeIfAbsent(key, _ -> new long[1]);
        kept[row] = size[0] + each <= max;
        size[0] += kept[row] ? each : 0;
        if (!kept[row] && refused++ == 0) {
          first = key;
        }
      }
    }
    if (refused == 0) {
      return batch;
    }
    rejections.add(
        "trace_too_large",
        refused,
        "TRACE_TOO_LARGE: max_bytes_per_trace of tenant "
            + tenant
            + " is "
            + max
            + " bytes, trace "
            + new TraceId(first.high, first.low)
            + " has more (trace-limits.max-bytes-per-trace)");
    SpanColumns rest = new SpanColumns();
    SpanCopy copy = new SpanCopy(rest, columns);
    for (int row = 0; row < kept.length; row++) {
      if (kept[row]) {
        copy.span(row);
      }
    }
    return new SpanBatch(rest);
  }
}
