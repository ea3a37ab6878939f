package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import java.util.Arrays;

/** Where the pages and time columns of a block are. Immutable. */
final class BlockLayout {
  private final int series;

  // Pages of chunks: where they begin among all bytes of chunks, and in the section.
  private final long[] starts;
  private final long[] offsets;
  private final int[] lengths;

  // Pages of time columns, the same.
  private final long[] timesStarts;
  private final long[] timesOffsets;
  private final int[] timesLengths;

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
   *          pageCount:varint ( length*2+isTimes:varint )*
   *          columnCount:varint ( length:varint count:varint min:zigzag span:varint )*
   * </pre>
   */
  BlockLayout(ByteReader in) {
    long version = in.getVarint();
    if (version != MetricBlockFormat.VERSION) {
      throw in.corrupt("version " + version + " of metric blocks is not known to this release");
    }
    long seriesCount = in.getVarint();
    if (seriesCount < 0 || seriesCount > Integer.MAX_VALUE / 2) {
      throw in.corrupt(seriesCount + " series");
    }
    series = (int) seriesCount;
    in.getVarint();
    int pages = in.getCount();
    long[] chunkStarts = new long[pages + 1];
    long[] chunkOffsets = new long[pages];
    int[] chunkLengths = new int[pages];
    long[] columnStarts = new long[pages + 1];
    long[] columnOffsets = new long[pages];
    int[] columnLengths = new int[pages];
    int chunkPages = 0;
    int columnPages = 0;
    long offset = 0;
    for (int i = 0; i < pages; i++) {
      long word = in.getVarint();
      long length = word >>> 1;
      if (length < 4 || length > Integer.MAX_VALUE - 64) {
        throw in.corrupt("a page of " + length + " bytes");
      }
      if ((word & 1) == 0) {
        chunkOffsets[chunkPages] = offset;
        chunkLengths[chunkPages] = (int) length;
        chunkStarts[chunkPages + 1] = chunkStarts[chunkPages] + length - 4;
        chunkPages++;
      } else {
        columnOffsets[columnPages] = offset;
        columnLengths[columnPages] = (int) length;
        columnStarts[columnPages + 1] = columnStarts[columnPages] + length - 4;
        columnPages++;
      }
      offset += length;
    }
    starts = Arrays.copyOf(chunkStarts, chunkPages + 1);
    offsets = Arrays.copyOf(chunkOffsets, chunkPages);
    lengths = Arrays.copyOf(chunkLengths, chunkPages);
    timesStarts = Arrays.copyOf(columnStarts, columnPages + 1);
    timesOffsets = Arrays.copyOf(columnOffsets, columnPages);
    timesLengths = Arrays.copyOf(columnLengths, columnPages);

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

  /** The page that has the given byte of all chunks. */
  int page(String file, long at) {
    return page(file, starts, at);
  }

  int timesPage(String file, long at) {
    return page(file, timesStarts, at);
  }

  private static int page(String file, long[] starts, long at) {
    int found = Arrays.binarySearch(starts, at);
    int page = found >= 0 ? found : -found - 2;
    if (page < 0 || page >= starts.length - 1) {
      throw new StorageException.Corrupt(file, 0, "no page has byte " + at + " of the data");
    }
    return page;
  }

  long pageStart(int page) {
    return starts[page];
  }

  long pageOffset(int page) {
    return offsets[page];
  }

  int pageLength(int page) {
    return lengths[page];
  }

  long timesPageStart(int page) {
    return timesStarts[page];
  }

  long timesPageOffset(int page) {
    return timesOffsets[page];
  }

  int timesPageLength(int page) {
    return timesLengths[page];
  }

  /** Bytes on the heap. */
  int weight() {
    return 20 * (lengths.length + timesLengths.length) + 28 * counts.length;
  }
}
