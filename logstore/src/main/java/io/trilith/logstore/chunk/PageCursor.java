package io.trilith.logstore.chunk;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LineShape;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the pages of one stream in one source; a page is loaded when its turn comes. Not
 * thread-safe.
 */
final class PageCursor implements EntryCursor {
  private final List<? extends PageRef> pages;
  private final long min;
  private final long max;
  private final boolean forward;
  private final PageScan scan;
  private int nextPage;
  private @Nullable Page page;
  private long @Nullable [] wanted;
  private int entry;

  PageCursor(
      List<? extends PageRef> pages, long min, long max, Direction direction, PageScan scan) {
    this.scan = scan;
    this.pages = pages;
    this.min = min;
    this.max = max;
    this.forward = direction == Direction.FORWARD;
    this.nextPage = forward ? 0 : pages.size() - 1;
  }

  @Override
  public boolean next() {
    while (true) {
      Page current = page;
      if (current != null) {
        entry = forward ? nextWanted(entry + 1, current.count()) : previousWanted(entry - 1);
        if (entry >= 0 && entry < current.count() && inRange(current.time(entry))) {
          return true;
        }
        page = null;
      }
      if (!loadNext()) {
        return false;
      }
    }
  }

  private int nextWanted(int from, int count) {
    long[] bits = wanted;
    if (bits == null) {
      return from;
    }
    int word = from >>> 6;
    if (word >= bits.length) {
      return count;
    }
    long left = bits[word] & (-1L << from);
    while (left == 0 && ++word < bits.length) {
      left = bits[word];
    }
    return left == 0 ? count : word * 64 + Long.numberOfTrailingZeros(left);
  }

  private int previousWanted(int from) {
    long[] bits = wanted;
    if (bits == null || from < 0) {
      return from;
    }
    int word = from >>> 6;
    long left = bits[word] & (-1L >>> (63 - (from & 63)));
    while (left == 0 && --word >= 0) {
      left = bits[word];
    }
    return left == 0 ? -1 : word * 64 + 63 - Long.numberOfLeadingZeros(left);
  }

  private boolean inRange(long time) {
    return time >= min && time <= max;
  }

  private boolean loadNext() {
    while (nextPage >= 0 && nextPage < pages.size()) {
      PageRef ref = pages.get(nextPage);
      nextPage += forward ? 1 : -1;
      scan.counts().check();
      if (ref.minTime() <= max && ref.maxTime() >= min) {
        if (!ref.mayHold(scan)) {
          scan.counts().skippedByFilter();
          continue;
        }
        Page loaded = ref.load(scan.counts());
        long[] bits = loaded.select(scan);
        if (bits != null && isNone(bits)) {
          scan.counts().skippedByTemplate();
          continue;
        }
        wanted = bits;
        entry = forward ? before(loaded) : after(loaded);
        page = loaded;
        return true;
      }
    }
    return false;
  }

  private static boolean isNone(long[] bits) {
    for (long word : bits) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** The position before the first entry in range. */
  private int before(Page loaded) {
    int low = 0;
    int high = loaded.count();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (loaded.time(middle) < min) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** The position after the last entry in range. */
  private int after(Page loaded) {
    int low = 0;
    int high = loaded.count();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (loaded.time(middle) > max) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  Page page() {
    Page current = page;
    if (current == null) {
      throw new IllegalStateException("next() was not called or was false");
    }
    return current;
  }

  int entry() {
    return entry;
  }

  @Override
  public long timestamp() {
    return page().time(entry);
  }

  @Override
  public byte[] lineArray() {
    return page().lineArray(entry);
  }

  @Override
  public int lineStart() {
    return page().lineStart(entry);
  }

  @Override
  public int lineEnd() {
    return page().lineEnd(entry);
  }

  @Override
  public Labels metadata() {
    return page().metadata(entry);
  }

  @Override
  public String metadata(String name) {
    return page().metadata(entry, name);
  }

  @Override
  public @Nullable LineShape shape() {
    return page().shape(entry);
  }

  @Override
  public int row() {
    return page().row(entry);
  }

  @Override
  public int lineLength() {
    return page().lineLength(entry);
  }
}
