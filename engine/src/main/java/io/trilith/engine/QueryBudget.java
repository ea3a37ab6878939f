package io.trilith.engine;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import java.util.concurrent.atomic.AtomicLong;

/** What one query may read and hold. Going over ends the query. Thread-safe. */
public final class QueryBudget implements AutoCloseable {
  private final long samplesMax;
  private final long seriesMax;
  private final long bytesMax;
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong series = new AtomicLong();
  private final Booking memory;

  /** Bytes taken and not given back, and whether anybody still waits for the query. */
  private long bytes;

  private long bytesPeak;

  private boolean closed;

  /** Why the query is to end; empty while it may go on. */
  private volatile String stopped = "";

  /**
   * Limits of samples read, series selected and bytes of intermediate results; bytes are taken from
   * the share.
   */
  public QueryBudget(long samplesMax, long seriesMax, long bytesMax, MemoryShare memory) {
    this.samplesMax = samplesMax;
    this.seriesMax = seriesMax;
    this.bytesMax = bytesMax;
    this.memory = memory.open();
  }

  /** As above, with memory of its own. */
  public QueryBudget(long samplesMax, long seriesMax, long bytesMax) {
    this(samplesMax, seriesMax, bytesMax, MemoryShare.unlimited());
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

  /** Has the query end at its next step, to be tried again later. */
  public void stop(String why) {
    stopped = why;
  }

  /** Throws when the query is to end. */
  void checkStopped() {
    String why = stopped;
    if (!why.isEmpty()) {
      throw LimitExceededException.busy(why);
    }
  }

  /** Called before the bytes are allocated. */
  public synchronized void addBytes(long count) {
    checkStopped();
    if (closed) {
      // The client left while the query still runs: nobody would give these bytes back.
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.CANCELLED, "query was canceled");
    }
    if (count > bytesMax - bytes) {
      throw over("bytes of intermediate results", bytesMax, "query.bytes-max");
    }
    try {
      memory.take(count);
    } catch (TooLargeException e) {
      throw LimitExceededException.fixed("query.bytes-max: " + e.getMessage());
    }
    bytes += count;
    bytesPeak = Math.max(bytesPeak, bytes);
  }

  /** Gives back bytes that were added and are garbage now; never more than are taken. */
  public synchronized void giveBack(long count) {
    long given = Math.clamp(count, 0, bytes);
    bytes -= given;
    memory.give(given);
  }

  /** Bytes taken now. */
  public synchronized long bytes() {
    return bytes;
  }

  /** The most bytes that were taken at once. */
  public synchronized long bytesPeak() {
    return bytesPeak;
  }

  /** Bytes that may still be taken. */
  public synchronized long room() {
    return bytesMax - bytes;
  }

  /** Gives back what the query took: nobody reads its result any more. */
  @Override
  public synchronized void close() {
    closed = true;
    memory.close();
    bytes = 0;
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
