package io.trilith.ingest.logs;

import io.trilith.config.LogLimitsConfig;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How fast streams may bring bytes: a bucket of bytes for each that fills up again. Thread-safe.
 */
final class StreamRates {
  /** Streams remembered at most; one that is forgotten may bring a burst again. */
  private static final int STREAMS_MAX = 100_000;

  private static final double SECOND = 1e9;

  private record Stream(TenantId tenant, Labels labels) {}

  /** Guarded by the rates' lock. */
  private static final class Bucket {
    private double left;
    private long filledAt;

    private Bucket(double left, long filledAt) {
      this.left = left;
      this.filledAt = filledAt;
    }
  }

  private final long perSecond;
  private final long burst;
  private final Map<Stream, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Stream, Bucket> eldest) {
          return size() > STREAMS_MAX;
        }
      };

  StreamRates(LogLimitsConfig limits) {
    this.perSecond = limits.perStreamRateLimit().bytes();
    this.burst = limits.perStreamRateLimitBurst().bytes();
  }

  /** Whether the stream may bring this many bytes now. */
  boolean take(TenantId tenant, Labels labels, int bytes, long nowNanos) {
    if (perSecond == 0) {
      return true;
    }
    synchronized (buckets) {
      Bucket bucket =
          buckets.computeIfAbsent(new Stream(tenant, labels), _ -> new Bucket(burst, nowNanos));
      double since = Math.max(0, nowNanos - bucket.filledAt) / SECOND;
      bucket.left = Math.min((double) burst, bucket.left + since * perSecond);
      bucket.filledAt = Math.max(nowNanos, bucket.filledAt);
      if (bucket.left < bytes) {
        return false;
      }
      bucket.left -= bytes;
      return true;
    }
  }

  /** Why an entry was refused. */
  String message(Labels stream, int bytes, long time) {
    return "Per stream rate limit exceeded (limit: "
        + perSecond
        + "B/sec) while attempting to ingest for stream "
        + EntryRules.shown(stream)
        + " totaling "
        + bytes
        + "B, consider splitting a stream via additional labels or raising"
        + " log-limits.per-stream-rate-limit, in the entry with timestamp "
        + time;
  }
}
