package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import java.util.Arrays;

/** Where the pages and time columns of a block are. Immutable. */
final class BlockLayout {
  private final int series;

  private final Pages[] pages;

  // Time columns: where they end among all bytes of columns, and what they hold.
  private final long[] columnEnds;
  private final int[] counts;
  private final long[] mins;
  private final long[] maxs;

  /**
   * Reads the LAYOUT section.
   *
   * <pre>
   * layout = version:varint seriesCount:varint chunkCount:varint
   *          pageCount:varint ( length*4+kind:varint )*             version 2: length*2+kind
   *          columnCount:varint ( length:varint count:varint min:zigzag span:varint )*
   * </pre>
   */
  BlockLayout(ByteReader in) {
    long version = in.getVarint();
    if (version != MetricBlockFormat.VERSION && version != MetricBlockFormat.VERSION_BEFORE) {
      throw in.corrupt("version " + version + " of metric blocks is not known to this release");
    }
    int kindBits =
        version == MetricBlockFormat.VERSION_BEFORE ? 1 : MetricBlockFormat.PAGE_KIND_BITS;
    long seriesCount = in.getVarint();
    if (seriesCount < 0 || seriesCount > Integer.MAX_VALUE / 2) {
      throw in.corrupt(seriesCount + " series");
    }
    series = (int) seriesCount;
    in.getVarint();
    pages = Pages.read(in, kindBits);

    int columns = in.getCount(4);
    columnEnds = new long[columns + 1];
    counts = new int[columns];
    mins = new long[columns];
    maxs = new long[columns];
    long before = 0;
    for (int i = 0; i < columns; i++) {
      columnEnds[i + 1] = columnEnds[i] + in.getIndex(Integer.MAX_VALUE);
      counts[i] = in.getIndex(MetricBlockFormat.CHUNK_SAMPLES_MAX);
      mins[i] = before + in.getZigzag();
      before = mins[i];
      maxs[i] = before + in.getVarint();
      if (counts[i] == 0 || maxs[i] < mins[i]) {
        throw in.corrupt("a column of " + counts[i] + " times up to " + maxs[i]);
      }
    }
  }

  int series() {
    return series;
  }

  int columns() {
    return counts.length;
  }

  int count(int column) {
    return counts[column];
  }

  long min(int column) {
    return mins[column];
  }

  long max(int column) {
    return maxs[column];
  }

  /** Where a column begins among all bytes of columns. */
  long columnStart(int column) {
    return columnEnds[column];
  }

  int columnLength(int column) {
    return (int) (columnEnds[column + 1] - columnEnds[column]);
  }

  /** The pages of a kind. */
  Pages pages(int kind) {
    return pages[kind];
  }

  /** Bytes on the heap. */
  int weight() {
    int weight = 28 * counts.length;
    for (Pages kind : pages) {
      weight += 20 * kind.lengths.length;
    }
    return weight;
  }

  /** Pages of one kind: where they begin among all bytes of the kind, and in the section. */
  static final class Pages {
    private static final int CHECKSUM = 4;

    private final long[] starts;
    private final long[] offsets;
    private final int[] lengths;

    private Pages(long[] starts, long[] offsets, int[] lengths) {
      this.starts = starts;
      this.offsets = offsets;
      this.lengths = lengths;
    }

    static Pages[] read(ByteReader in, int kindBits) {
      int count = in.getCount();
      int kinds = 1 << MetricBlockFormat.PAGE_KIND_BITS;
      long[][] starts = new long[kinds][count + 1];
      long[][] offsets = new long[kinds][count];
      int[][] lengths = new int[kinds][count];
      int[] counts = new int[kinds];
      long offset = 0;
      for (int i = 0; i < count; i++) {
        long word = in.getVarint();
        long length = word >>> kindBits;
        if (length < CHECKSUM || length > Integer.MAX_VALUE - 64) {
          throw in.corrupt("a page of " + length + " bytes");
        }
        int kind = (int) word & ((1 << kindBits) - 1);
        int page = counts[kind]++;
        offsets[kind][page] = offset;
        lengths[kind][page] = (int) length;
        starts[kind][page + 1] = starts[kind][page] + length - CHECKSUM;
        offset += length;
      }
      Pages[] pages = new Pages[kinds];
      for (int kind = 0; kind < kinds; kind++) {
        pages[kind] =
            new Pages(
                Arrays.copyOf(starts[kind], counts[kind] + 1),
                Arrays.copyOf(offsets[kind], counts[kind]),
                Arrays.copyOf(lengths[kind], counts[kind]));
      }
      return pages;
    }

    /** The page that has the given byte of the kind. */
    int find(String file, long at) {
      int found = Arrays.binarySearch(starts, at);
      int page = found >= 0 ? found : -found - 2;
      if (page < 0 || page >= starts.length - 1) {
        throw new StorageException.Corrupt(file, 0, "no page has byte " + at + " of the data");
      }
      return page;
    }

    boolean contains(int page, long at) {
      return page >= 0 && at >= starts[page] && at < starts[page + 1];
    }

    long start(int page) {
      return starts[page];
    }

    long offset(int page) {
      return offsets[page];
    }

    int length(int page) {
      return lengths[page];
    }
  }
}
