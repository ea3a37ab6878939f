package io.trilith.logql;

import io.trilith.logstore.ScanCounts;

/** What a query has read so far. Confined to one thread, but for what the scans count. */
final class ReadCounts {
  final ScanCounts scans;
  long bytes;
  long lines;
  long kept;

  /** Streams in which something was looked for. */
  long streams;

  ReadCounts() {
    this(new ScanCounts());
  }

  ReadCounts(ScanCounts scans) {
    this.scans = scans;
  }

  void add(ReadCounts part) {
    bytes += part.bytes;
    lines += part.lines;
    kept += part.kept;
  }
}
