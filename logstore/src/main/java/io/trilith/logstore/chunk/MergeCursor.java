package io.trilith.logstore.chunk;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LineShape;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One stream over several sources, in order of time; an entry that equals another of its timestamp
 * in line and metadata comes once. Not thread-safe.
 */
public final class MergeCursor implements EntryCursor {
  private final List<PageCursor> sources = new ArrayList<>();
  private final boolean forward;
  private @Nullable PageCursor current;
  private @Nullable Page groupPage;
  private long groupTime;
  private int groupEntry;
  private final Set<EntryKey> seen = new HashSet<>();

  /** What makes entries of one timestamp equal. */
  @SuppressWarnings("ArrayRecordComponent") // compared by content below
  private record EntryKey(byte[] line, Labels metadata) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof EntryKey key
          && Arrays.equals(line, key.line)
          && metadata.equals(key.metadata);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(line) * 31 + metadata.hashCode();
    }
  }

  /**
   * A cursor over sources in order of writing.
   *
   * @param sources for each source the pages of the stream, in order of time
   */
  public MergeCursor(
      List<? extends List<? extends PageRef>> sources,
      long min,
      long max,
      Direction direction,
      PageScan scan) {
    this.forward = direction == Direction.FORWARD;
    List<? extends List<? extends PageRef>> ordered = forward ? sources : sources.reversed();
    for (List<? extends PageRef> pages : ordered) {
      PageCursor cursor = new PageCursor(pages, min, max, direction, scan);
      if (cursor.next()) {
        this.sources.add(cursor);
      }
    }
  }

  @Override
  public boolean next() {
    while (advance()) {
      if (isNew(at())) {
        return true;
      }
    }
    return false;
  }

  private boolean advance() {
    PageCursor last = current;
    if (last != null && !last.next()) {
      sources.remove(last);
    }
    PageCursor best = null;
    for (int i = 0; i < sources.size(); i++) {
      PageCursor source = sources.get(i);
      if (best == null
          || (forward
              ? source.timestamp() < best.timestamp()
              : source.timestamp() > best.timestamp())) {
        best = source;
      }
    }
    current = best;
    return best != null;
  }

  /**
   * Whether no equal entry of this timestamp came before. Keys are made only once a timestamp
   * repeats.
   */
  private boolean isNew(PageCursor cursor) {
    Page first = groupPage;
    if (first == null || cursor.timestamp() != groupTime) {
      groupPage = cursor.page();
      groupTime = cursor.timestamp();
      groupEntry = cursor.entry();
      if (!seen.isEmpty()) {
        seen.clear();
      }
      return true;
    }
    if (seen.isEmpty()) {
      seen.add(key(first, groupEntry));
    }
    return seen.add(key(cursor.page(), cursor.entry()));
  }

  private static EntryKey key(Page page, int entry) {
    byte[] line =
        Arrays.copyOfRange(page.lineArray(entry), page.lineStart(entry), page.lineEnd(entry));
    return new EntryKey(line, page.metadata(entry));
  }

  private PageCursor at() {
    PageCursor cursor = current;
    if (cursor == null) {
      throw new IllegalStateException("next() was not called or was false");
    }
    return cursor;
  }

  @Override
  public long timestamp() {
    return at().timestamp();
  }

  @Override
  public byte[] lineArray() {
    return at().lineArray();
  }

  @Override
  public int lineStart() {
    return at().lineStart();
  }

  @Override
  public int lineEnd() {
    return at().lineEnd();
  }

  @Override
  public Labels metadata() {
    return at().metadata();
  }

  @Override
  public String metadata(String name) {
    return at().metadata(name);
  }

  @Override
  public @Nullable LineShape shape() {
    return at().shape();
  }

  @Override
  public int row() {
    return at().row();
  }

  @Override
  public int lineLength() {
    return at().lineLength();
  }
}
