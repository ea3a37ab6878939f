package io.trilith.logstore.block;

import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageFilter;
import io.trilith.logstore.page.PageScan;
import io.trilith.logstore.page.PlainPage;
import io.trilith.logstore.page.SplitPage;
import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The pages of a block, by kind. */
final class BlockPages {
  private BlockPages() {}

  /** What the index says of a page, whatever its kind. */
  record Summary(long minTime, long maxTime, int count, long lineBytes, long offset, int length) {}

  /**
   * The filter of a page, read when it is first asked and then kept: a needle asks those of all
   * pages. Racing readers read it twice.
   */
  static final class KeptFilter {
    private volatile @Nullable PageFilter filter;

    private boolean mayHold(BlockReader reader, Summary page, int length, PageScan scan) {
      PageFilter known = filter;
      if (known == null) {
        ByteReader in = reader.page(LogBlockFormat.PAGES, page.offset, length);
        scan.counts().decoded(length, in.remaining());
        known = new PageFilter(in);
        filter = known;
      }
      return scan.mayHold(known);
    }
  }

  /** A page whose lines are there as they came; version 1 has no filter. */
  record Plain(BlockReader reader, Summary summary, int filter, KeptFilter kept)
      implements PageRef {
    @Override
    public long minTime() {
      return summary.minTime;
    }

    @Override
    public long maxTime() {
      return summary.maxTime;
    }

    @Override
    public int count() {
      return summary.count;
    }

    @Override
    public long lineBytes() {
      return summary.lineBytes;
    }

    @Override
    public long storedBytes() {
      return summary.length;
    }

    @Override
    public boolean mayHold(PageScan scan) {
      return filter == 0 || scan.isEverything() || kept.mayHold(reader, summary, filter, scan);
    }

    @Override
    public Page load(ScanCounts counts) {
      int length = summary.length - filter;
      ByteReader bytes = reader.page(LogBlockFormat.PAGES, summary.offset + filter, length);
      PlainPage page = PageCodec.decode(bytes, reader.name(), summary.offset);
      if (page.count() != summary.count) {
        throw bytes.corrupt(page.count() + " entries in a page of " + summary.count);
      }
      counts.read();
      counts.decoded(length, page.lines().length + page.metadata().length);
      return page;
    }
  }

  /** A page of columns. */
  record Split(
      BlockReader reader, Summary summary, int filter, int times, int head, KeptFilter kept)
      implements PageRef {
    private SplitPage.PageParts layout() {
      return new SplitPage.PageParts(summary.count, filter, times, head, summary.length);
    }

    @Override
    public long minTime() {
      return summary.minTime;
    }

    @Override
    public long maxTime() {
      return summary.maxTime;
    }

    @Override
    public int count() {
      return summary.count;
    }

    @Override
    public long lineBytes() {
      return summary.lineBytes;
    }

    @Override
    public boolean isSplit() {
      return true;
    }

    @Override
    public long storedBytes() {
      return summary.length;
    }

    @Override
    public boolean mayHold(PageScan scan) {
      return scan.isEverything() || kept.mayHold(reader, summary, filter, scan);
    }

    @Override
    public SplitPage load(ScanCounts counts) {
      return new SplitPage(new Parts(reader, summary), layout(), counts);
    }

    /** The page as it is, for another block; what is damaged is an error. */
    ByteBuffer copy() {
      load(new ScanCounts()).check();
      return reader.raw(LogBlockFormat.PAGES, summary.offset, summary.length);
    }
  }

  /** Reads parts one by one, and all at once when there come many. */
  private static final class Parts implements SplitPage.PartReader {
    private static final int SINGLE_MAX = 6;

    private final BlockReader reader;
    private final Summary page;
    private int single;
    private @Nullable ByteBuffer all;

    Parts(BlockReader reader, Summary page) {
      this.reader = reader;
      this.page = page;
    }

    @Override
    public ByteReader read(long offset, int length) {
      if (offset > page.length - length || length < 0) {
        // A damaged index may say anything: then the reader says where.
        return reader.page(LogBlockFormat.PAGES, page.offset + page.length, -1);
      }
      if (all == null && single++ < SINGLE_MAX) {
        return reader.page(LogBlockFormat.PAGES, page.offset + offset, length);
      }
      ByteBuffer bytes = all;
      if (bytes == null) {
        bytes = reader.raw(LogBlockFormat.PAGES, page.offset, page.length);
        all = bytes;
      }
      return reader.checkPage(
          LogBlockFormat.PAGES, bytes.slice((int) offset, length), page.offset + offset);
    }
  }
}
