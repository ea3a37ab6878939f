package io.trilith.storage.log;

import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;

/**
 * The ordered, durable record of what one process accepted: nobody else appends to it. An offset is
 * a record's number: the first is 0, each record's is one more than its predecessor's, none is used
 * twice. It is known at once, before the record is durable, which lets a record come into its head
 * in the same step. A log that several processes share knows it later and has several partitions:
 * that one does not fit here, its readers go by {@link LogProgress} and {@code Generations.replay},
 * see {@code docs/decisions/0022-partitions.md}. All of this log is partition {@link
 * io.trilith.storage.model.Partition#LOCAL}. Thread-safe.
 */
public interface Log extends AutoCloseable {
  /**
   * Gives a record its place in the order. It is durable once {@link Ticket#awaitDurable} returns,
   * not before. The payload is copied.
   *
   * @throws io.trilith.storage.error.LimitExceededException when the log has reached its size limit
   */
  Ticket append(Signal signal, TenantId tenant, ByteBuffer payload);

  /**
   * Reads all records at and after an offset, oldest first. A damaged record is left out, named in
   * a warning and counted in {@link #stats}; a torn end, which nobody was told was durable, is cut.
   */
  void read(long from, RecordReader reader);

  /** The offset that the next record will get. */
  long next();

  /** Says that records below the offset are not needed any more. */
  void trim(long below);

  /**
   * Where the oldest stored record may be: there is no trace of any below it. {@link #next} when
   * nothing is stored.
   */
  long oldest();

  /**
   * Has records from now on go to another file than those below an offset, so that {@link #trim}
   * can delete the latter. Returns when that is so.
   */
  void seal(long below);

  LogStats stats();

  /** Makes everything appended durable and closes the files. */
  @Override
  void close();

  /** A record's place, and how to wait until it is durable. */
  interface Ticket {
    long offset();

    /**
     * Throws {@code StorageException.Unavailable} when the record could not be written: its fate is
     * unknown.
     */
    void awaitDurable();
  }

  /** Takes records one by one; the payload is valid during the call only. */
  @FunctionalInterface
  interface RecordReader {
    void accept(long offset, Signal signal, TenantId tenant, ByteBuffer payload);
  }

  /**
   * Figures for the self-metrics.
   *
   * @param bytes size of all segments
   * @param syncs fdatasync calls since the start
   * @param tornBytes bytes of torn ends that were cut at the start
   * @param damagedRecords damaged places that were skipped
   */
  record LogStats(long bytes, int segments, long syncs, long tornBytes, long damagedRecords) {}
}
