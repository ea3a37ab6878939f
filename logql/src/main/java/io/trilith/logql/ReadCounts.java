package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logstore.ScanCounts;

/** What a query has read so far. Confined to one thread, but for what the scans count. */
final class ReadCounts {
  final ScanCounts scans;
  long bytes;
  long lines;
  long kept;

  /** Streams in which something was looked for. */
  long streams;

  /** Of a query that ends when its context says so, between any two pages. */
  ReadCounts(QueryContext context) {
    this(new ScanCounts(context::check));
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
