package io.trilith.logstore.chunk;

import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;

/** A page that can be loaded. Pages of one source and stream follow one another in time. */
public interface PageRef {
  long minTime();

  long maxTime();

  int count();

  long lineBytes();

  /** The page; what is read of it, now or later, is told to the counts. */
  Page load(ScanCounts counts);

  /** False when the page's filter says that it has nothing that is wanted. */
  default boolean mayHold(PageScan scan) {
    return true;
  }

  /** Bytes that the page takes in its block; those of its lines where it is in none. */
  default long storedBytes() {
    return lineBytes();
  }

  /** Whether its lines are split into templates and columns. */
  default boolean isSplit() {
    return false;
  }

  /** Whether no two entries of the source are equal. */
  default boolean isDistinct() {
    return true;
  }
}
