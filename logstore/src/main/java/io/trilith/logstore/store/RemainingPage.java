package io.trilith.logstore.store;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.EntryRule;
import io.trilith.logstore.LineShape;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page some of whose entries are hidden: they keep their numbers and are never selected. Confined
 * to one thread.
 */
final class RemainingPage implements Page {
  private final Page page;
  private final Labels stream;
  private final List<EntryRule> rules;
  private long @Nullable [] visible;

  private RemainingPage(Page page, Labels stream, List<EntryRule> rules) {
    this.page = page;
    this.stream = stream;
    this.rules = rules;
  }

  /**
   * Where such a page is. It says that equal entries may be in it, so that nobody counts it whole.
   */
  static final class Ref implements PageRef {
    private final PageRef page;
    private final Labels stream;
    private final List<EntryRule> rules;

    /** Entries and their bytes, once they were asked for. */
    private long @Nullable [] left;

    Ref(PageRef page, Labels stream, List<EntryRule> rules) {
      this.page = page;
      this.stream = stream;
      this.rules = rules;
    }

    @Override
    public long minTime() {
      return page.minTime();
    }

    @Override
    public long maxTime() {
      return page.maxTime();
    }

    @Override
    public int count() {
      return (int) left()[0];
    }

    @Override
    public long lineBytes() {
      return left()[1];
    }

    private synchronized long[] left() {
      long[] known = left;
      if (known == null) {
        RemainingPage loaded = load(new ScanCounts());
        long[] bits = loaded.visible();
        known = new long[2];
        for (int entry = 0; entry < loaded.count(); entry++) {
          if ((bits[entry >>> 6] & (1L << entry)) != 0) {
            known[0]++;
            known[1] += loaded.lineLength(entry);
          }
        }
        left = known;
      }
      return known;
    }

    @Override
    public RemainingPage load(ScanCounts counts) {
      return new RemainingPage(page.load(counts), stream, rules);
    }

    @Override
    public boolean mayHold(PageScan scan) {
      return page.mayHold(scan);
    }

    @Override
    public boolean isDistinct() {
      return false;
    }
  }

  private long[] visible() {
    long[] known = visible;
    if (known == null) {
      known = new long[(count() + 63) >>> 6];
      for (int entry = 0; entry < count(); entry++) {
        known[entry >>> 6] |= 1L << entry;
      }
      for (EntryRule rule : rules) {
        hide(rule, known);
      }
      visible = known;
    }
    return known;
  }

  private void hide(EntryRule rule, long[] bits) {
    EntryRule.EntryTest test = rule.tests() == null ? null : rule.tests().get();
    At at = new At();
    for (int entry = 0; entry < count(); entry++) {
      long time = page.time(entry);
      boolean inRange = time >= rule.minTime() && time <= rule.maxTime();
      if (inRange && (bits[entry >>> 6] & (1L << entry)) != 0) {
        at.entry = entry;
        if (test == null || test.test(stream, at)) {
          bits[entry >>> 6] &= ~(1L << entry);
        }
      }
    }
  }

  /** Stands on one entry. */
  private final class At implements EntryCursor {
    private int entry;

    @Override
    public boolean next() {
      return false;
    }

    @Override
    public long timestamp() {
      return page.time(entry);
    }

    @Override
    public byte[] lineArray() {
      return page.lineArray(entry);
    }

    @Override
    public int lineStart() {
      return page.lineStart(entry);
    }

    @Override
    public int lineEnd() {
      return page.lineEnd(entry);
    }

    @Override
    public Labels metadata() {
      return page.metadata(entry);
    }

    @Override
    public String metadata(String name) {
      return page.metadata(entry, name);
    }

    @Override
    public @Nullable LineShape shape() {
      return page.shape(entry);
    }

    @Override
    public int row() {
      return page.row(entry);
    }

    @Override
    public int lineLength() {
      return page.lineLength(entry);
    }
  }

  @Override
  public int count() {
    return page.count();
  }

  @Override
  public long time(int entry) {
    return page.time(entry);
  }

  @Override
  public int lineLength(int entry) {
    return page.lineLength(entry);
  }

  @Override
  public byte[] lineArray(int entry) {
    return page.lineArray(entry);
  }

  @Override
  public int lineStart(int entry) {
    return page.lineStart(entry);
  }

  @Override
  public int lineEnd(int entry) {
    return page.lineEnd(entry);
  }

  @Override
  public Labels metadata(int entry) {
    return page.metadata(entry);
  }

  @Override
  public String metadata(int entry, String name) {
    return page.metadata(entry, name);
  }

  @Override
  public @Nullable LineShape shape(int entry) {
    return page.shape(entry);
  }

  @Override
  public int row(int entry) {
    return page.row(entry);
  }

  @Override
  public long[] select(PageScan scan) {
    long[] left = visible().clone();
    long[] wanted = page.select(scan);
    if (wanted != null) {
      for (int i = 0; i < left.length; i++) {
        left[i] &= i < wanted.length ? wanted[i] : 0;
      }
    }
    return left;
  }
}
