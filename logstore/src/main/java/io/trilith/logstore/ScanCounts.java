package io.trilith.logstore;

import java.util.concurrent.atomic.LongAdder;

/** What reading a selection cost and saved. Thread-safe. */
public final class ScanCounts {
  private final LongAdder pagesRead = new LongAdder();
  private final LongAdder pagesByFilter = new LongAdder();
  private final LongAdder pagesByTemplate = new LongAdder();
  private final LongAdder bytesRead = new LongAdder();
  private final LongAdder bytesDecoded = new LongAdder();

  /** A page of which at least one column was decoded. */
  public void read() {
    pagesRead.increment();
  }

  /** A page whose token filter said no. */
  public void skippedByFilter() {
    pagesByFilter.increment();
  }

  /** A page whose templates or dictionaries said no. */
  public void skippedByTemplate() {
    pagesByTemplate.increment();
  }

  /** A column decoded: bytes as stored, and as they are then. */
  public void decoded(long stored, long plain) {
    bytesRead.add(stored);
    bytesDecoded.add(plain);
  }

  public long pagesRead() {
    return pagesRead.sum();
  }

  public long pagesSkippedByFilter() {
    return pagesByFilter.sum();
  }

  public long pagesSkippedByTemplate() {
    return pagesByTemplate.sum();
  }

  public long bytesRead() {
    return bytesRead.sum();
  }

  public long bytesDecoded() {
    return bytesDecoded.sum();
  }
}
