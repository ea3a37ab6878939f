package io.trilith.compactor;

/**
 * Where rows may be that are in no block: what a process has of a bucket beside it. Thread-safe.
 */
public interface Leftovers {
  /** The log of this process; empty for one that has none. */
  String log();

  /** Whether that log may have records below an offset. */
  boolean logHolds(long end);

  /**
   * Has everything below an offset in committed blocks and nowhere in the log, as far as that can
   * be done now; drops local copies of blocks that are not live.
   */
  void clear(long end);
}
