package io.trilith.storage.log;

import io.trilith.storage.model.Partition;
import java.util.Set;

/**
 * How far the partitions of a log have come into heads, and what of them is needed no more.
 * Thread-safe.
 */
public interface LogProgress {
  /** The partitions that this process has in heads. */
  Set<Partition> partitions();

  /**
   * The offset below which each record is in a head, or was in one. Whoever looks for the oldest
   * record of all heads asks this first: what comes meanwhile is not below it.
   */
  long next(Partition partition);

  /** Bytes that the log takes where it is this process's to bound; 0 where it is not. */
  long bytes();

  /** Says that records below the offset are in committed blocks. */
  void trim(Partition partition, long below);

  /** Of a log that this process appends to and no other reads. */
  static LogProgress of(Log wal) {
    return new LogProgress() {
      @Override
      public Set<Partition> partitions() {
        return Set.of(Partition.LOCAL);
      }

      @Override
      public long next(Partition partition) {
        return wal.next();
      }

      @Override
      public long bytes() {
        return wal.stats().bytes();
      }

      @Override
      public void trim(Partition partition, long below) {
        wal.trim(below);
      }
    };
  }
}
