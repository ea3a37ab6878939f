package io.trilith.engine;

import io.trilith.storage.error.LimitExceededException;
import java.util.concurrent.atomic.AtomicLong;

/** What one query may read and hold. Going over ends the query. Thread-safe. */
public final class QueryBudget {
  private final long samplesMax;
  private final long seriesMax;
  private final long bytesMax;
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong series = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  /** Limits of samples read, series selected and bytes of intermediate results. */
  public QueryBudget(long samplesMax, long seriesMax, long bytesMax) {
    this.samplesMax = samplesMax;
    this.seriesMax = seriesMax;
    this.bytesMax = bytesMax;
  }

  public static QueryBudget unlimited() {
    return new QueryBudget(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  public void addSamples(long count) {
    if (samples.addAndGet(count) > samplesMax) {
      throw over("samples", samplesMax, "query.samples-max");
    }
  }

  public void addSeries(long count) {
    if (series.addAndGet(count) > seriesMax) {
      throw over("series", seriesMax, "query.series-max");
    }
  }

  public void addBytes(long count) {
    if (bytes.addAndGet(count) > bytesMax) {
      throw over("bytes of intermediate results", bytesMax, "query.bytes-max");
    }
  }

  /** Samples read so far. */
  public long samples() {
    return samples.get();
  }

  private static LimitExceededException over(String what, long limit, String key) {
    return LimitExceededException.fixed(
        "query needs more than " + limit + " " + what + "; narrow it or raise " + key);
  }
}
