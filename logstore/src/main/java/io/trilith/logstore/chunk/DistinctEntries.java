package io.trilith.logstore.chunk;

import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.page.PlainPage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks plain pages of several lists in order of time; an entry that equals an earlier one in time,
 * line and metadata is left out. Not thread-safe.
 */
public final class DistinctEntries {
  private final List<Place> places = new ArrayList<>();
  private final Set<Key> seen = new HashSet<>();
  private @Nullable Place current;
  private @Nullable PlainPage groupPage;
  private int groupEntry;
  private long groupTime;

  /** Where one of the lists stands. */
  private static final class Place {
    private final List<? extends PageRef> pages;
    private int nextPage;
    private PlainPage page;
    private int entry = -1;

    Place(List<? extends PageRef> pages) {
      this.pages = pages;
      this.page = load(pages.get(0));
      this.nextPage = 1;
    }

    private static PlainPage load(PageRef ref) {
      if (ref.load(new ScanCounts()) instanceof PlainPage plain) {
        return plain;
      }
      throw new IllegalArgumentException("a page that is not plain");
    }

    boolean next() {
      while (++entry == page.count()) {
        if (nextPage == pages.size()) {
          return false;
        }
        page = load(pages.get(nextPage++));
        entry = -1;
      }
      return true;
    }

    long time() {
      return page.time(entry);
    }
  }

  /** Over pages that are plain, in each list in order of time. */
  public DistinctEntries(List<? extends List<? extends PageRef>> lists) {
    for (List<? extends PageRef> pages : lists) {
      Place place = new Place(pages);
      if (place.next()) {
        places.add(place);
      }
    }
  }

  /** Moves to the next entry; false at the end. */
  public boolean next() {
    while (advance()) {
      if (isNew()) {
        return true;
      }
    }
    return false;
  }

  private boolean advance() {
    Place last = current;
    if (last != null && !last.next()) {
      places.remove(last);
    }
    Place best = null;
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      if (best == null || place.time() < best.time()) {
        best = place;
      }
    }
    current = best;
    return best != null;
  }

  private boolean isNew() {
    PlainPage page = page();
    int entry = entry();
    PlainPage first = groupPage;
    if (first == null || page.time(entry) != groupTime) {
      groupPage = page;
      groupEntry = entry;
      groupTime = page.time(entry);
      if (!seen.isEmpty()) {
        seen.clear();
      }
      return true;
    }
    // Keys are made only once a time repeats.
    if (seen.isEmpty()) {
      seen.add(new Key(first, groupEntry));
    }
    return seen.add(new Key(page, entry));
  }

  private Place at() {
    Place place = current;
    if (place == null) {
      throw new IllegalStateException("next() was not called or was false");
    }
    return place;
  }

  /** The page of the present entry. */
  public PlainPage page() {
    return at().page;
  }

  /** Its number there. */
  public int entry() {
    return at().entry;
  }

  /** An entry of a page, compared by the bytes of line and metadata. */
  private static final class Key {
    private final PlainPage page;
    private final int entry;
    private final int hash;

    Key(PlainPage page, int entry) {
      this.page = page;
      this.entry = entry;
      int sum = 1;
      for (int at = page.lineStart(entry); at < page.lineEnd(entry); at++) {
        sum = 31 * sum + page.lines()[at];
      }
      this.hash = sum;
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && hash == key.hash
          && Arrays.equals(
              page.lines(),
              page.lineStart(entry),
              page.lineEnd(entry),
              key.page.lines(),
              key.page.lineStart(key.entry),
              key.page.lineEnd(key.entry))
          && page.equalMetadata(entry, key.page, key.entry);
    }
  }
}
