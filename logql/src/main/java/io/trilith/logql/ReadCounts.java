package io.trilith.logql;

/** What a query has read so far. Confined to one thread. */
final class ReadCounts {
  long bytes;
  long lines;
  long kept;
}
