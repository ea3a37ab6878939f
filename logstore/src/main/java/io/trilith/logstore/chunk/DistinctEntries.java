package io.trilith.logstore.chunk;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks a page in order and tells which entries equal an earlier one in time, line and metadata.
 * Not thread-safe.
 */
public final class DistinctEntries {
  private final PlainPage page;
  private final Set<Key> seen = new HashSet<>();
  private int first = -1;

  public DistinctEntries(PlainPage page) {
    this.page = page;
  }

  /** Whether an entry is the first of its kind. To be asked for each, in order. */
  public boolean isNew(int entry) {
    if (first < 0 || page.time(entry) != page.time(first)) {
      first = entry;
      if (!seen.isEmpty()) {
        seen.clear();
      }
      return true;
    }
    // Keys are made only once a time repeats.
    if (seen.isEmpty()) {
      seen.add(new Key(page, first));
    }
    return seen.add(new Key(page, entry));
  }

  /** An entry of a page, compared by the bytes of line and metadata. */
  private static final class Key {
    private final PlainPage page;
    private final int entry;
    private final int hash;

    Key(PlainPage page, int entry) {
      this.page = page;
      this.entry = entry;
      int hash = 1;
      for (int at = page.lineStart(entry); at < page.lineEnd(entry); at++) {
        hash = 31 * hash + page.lines()[at];
      }
      this.hash = hash;
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
          && page.equalMetadata(entry, key.entry);
    }
  }
}
