package io.trilith.logstore;

import java.util.concurrent.atomic.LongAdder;

/** What reading a selection cost and saved, and whether it is to go on. Thread-safe. */
public final class ScanCounts {
  private final Runnable check;
  private final LongAdder pagesRead = new LongAdder();
  private final LongAdder pagesByFilter = new LongAdder();
  private final LongAdder pagesByTemplate = new LongAdder();
  private final LongAdder bytesRead = new LongAdder();
  private final LongAdder bytesDecoded = new LongAdder();

  /** Of a reading that nobody ends early. */
  public ScanCounts() {
    this(() -> {});
  }

  /**
   * Of a reading that may have to end early.
   *
   * @param check run before each page, by whichever thread reads it; throws to end the reading
   */
  public ScanCounts(Runnable check) {
    this.check = check;
  }

  /** Throws when the reading is to end: the query was given up, or took too long. */
  public void check() {
    check.run();
  }

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
