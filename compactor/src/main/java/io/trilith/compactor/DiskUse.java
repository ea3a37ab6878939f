package io.trilith.compactor;

/** How full the disk is on which data lies. */
@FunctionalInterface
public interface DiskUse {
  /** Bytes of the disk, and how many of them are in use, by any program. */
  record Use(long bytes, long used) {}

  Use now();
}
