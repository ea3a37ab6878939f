package io.trilith.logstore.store;

import io.trilith.logstore.Scan;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageGroups;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;
import java.util.Arrays;
import java.util.List;

/**
 * Counts the entries of one stream between bounds: pages that lie between two bounds by what their
 * block says of them, others by their times, and only where equal entries may come from several
 * sources, or entries are chosen, one by one.
 */
final class PageCounter {
  private final List<? extends List<? extends PageRef>> sources;
  private final long[] bounds;
  private final long[] entries;
  private final long[] bytes;
  private final PageScan scan;
  private final long min;
  private final long max;

  PageCounter(
      List<? extends List<? extends PageRef>> sources,
      long oldest,
      long[] bounds,
      long[] entries,
      long[] bytes,
      Scan scan) {
    this.sources = sources;
    this.bounds = bounds;
    this.entries = entries;
    this.bytes = bytes;
    this.scan = new PageScan(scan);
    long first = bounds[0];
    this.min = Math.max(first == Long.MAX_VALUE ? first : first + 1, oldest);
    this.max = first == Long.MAX_VALUE ? Long.MIN_VALUE : bounds[bounds.length - 1];
  }

  void run() {
    if (min > max) {
      return;
    }
    if (!scan.isEverything()) {
      walk(sources);
      return;
    }
    for (PageGroups.Group group : PageGroups.of(sources, min, max)) {
      if (!group.isSingle()) {
        walk(group.sources());
        continue;
      }
      for (PageRef page : group.sources().getFirst()) {
        scan.counts().check();
        if (!page.isDistinct()) {
          walk(List.of(List.of(page)));
        } else if (!countWhole(page)) {
          countTimes(page.load(scan.counts()));
        }
      }
    }
  }

  private void walk(List<? extends List<? extends PageRef>> pages) {
    MergeCursor cursor = new MergeCursor(pages, min, max, Direction.FORWARD, scan);
    int at = 0;
    while (cursor.next()) {
      while (cursor.timestamp() > bounds[at + 1]) {
        at++;
      }
      entries[at]++;
      if (bytes.length > 0) {
        bytes[at] += cursor.lineLength();
      }
    }
  }

  /** The count whose bounds a time lies between. */
  private int place(long time) {
    int found = Arrays.binarySearch(bounds, time);
    int at = found < 0 ? -found - 2 : found - 1;
    // Of equal bounds the last one below the time counts.
    while (at > 0 && bounds[at] >= time) {
      at--;
    }
    return at;
  }

  private boolean countWhole(PageRef page) {
    if (page.minTime() < min || page.maxTime() > max) {
      return false;
    }
    int at = place(page.minTime());
    if (page.maxTime() > bounds[at + 1]) {
      return false;
    }
    entries[at] += page.count();
    if (bytes.length > 0) {
      bytes[at] += page.lineBytes();
    }
    return true;
  }

  private void countTimes(Page page) {
    int at = 0;
    for (int entry = 0; entry < page.count(); entry++) {
      long time = page.time(entry);
      if (time < min || time > max) {
        continue;
      }
      while (time > bounds[at + 1]) {
        at++;
      }
      entries[at]++;
      if (bytes.length > 0) {
        bytes[at] += page.lineLength(entry);
      }
    }
  }
}
