package io.trilith.logstore.chunk;

/** A page that can be loaded. Pages of one source and stream follow one another in time. */
public interface PageRef {
  long minTime();

  long maxTime();

  int count();

  long lineBytes();

  Page load();
}
