package io.trilith.logstore.chunk;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamSet.Direction;
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
  private int nextPage;
  private @Nullable Page page;
  private int entry;

  PageCursor(List<? extends PageRef> pages, long min, long max, Direction direction) {
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
        entry += forward ? 1 : -1;
        if (entry >= 0 && entry < current.count() && inRange(current.times()[entry])) {
          return true;
        }
        page = null;
      }
      if (!loadNext()) {
        return false;
      }
    }
  }

  private boolean inRange(long time) {
    return time >= min && time <= max;
  }

  private boolean loadNext() {
    while (nextPage >= 0 && nextPage < pages.size()) {
      PageRef ref = pages.get(nextPage);
      nextPage += forward ? 1 : -1;
      if (ref.minTime() <= max && ref.maxTime() >= min) {
        Page loaded = ref.load();
        entry = forward ? before(loaded) : after(loaded);
        page = loaded;
        return true;
      }
    }
    return false;
  }

  /** The position before the first entry in range. */
  private int before(Page loaded) {
    int at = 0;
    while (at < loaded.count() && loaded.times()[at] < min) {
      at++;
    }
    return at - 1;
  }

  /** The position after the last entry in range. */
  private int after(Page loaded) {
    int at = loaded.count();
    while (at > 0 && loaded.times()[at - 1] > max) {
      at--;
    }
    return at;
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
    return page().times()[entry];
  }

  @Override
  public byte[] lineArray() {
    return page().lines();
  }

  @Override
  public int lineStart() {
    return page().lineStarts()[entry];
  }

  @Override
  public int lineEnd() {
    return page().lineEnds()[entry];
  }

  @Override
  public Labels metadata() {
    return page().metadata(entry);
  }
}
