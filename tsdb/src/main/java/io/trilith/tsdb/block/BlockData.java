package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.ByteCursor;
import io.trilith.tsdb.chunk.ChunkDecoder;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The pages of a block as one selection reads them: keeps the pages read last, since series of one
 * selection lie side by side and several threads may go along them, and time columns, which they
 * share. Thread-safe: threads that read at once may read a page twice.
 */
final class BlockData {
  private static final int COLUMNS_KEPT = 256;
  private static final int PAGES_KEPT = 4;

  private final BlockReader reader;
  private final BlockLayout layout;
  private final SeriesTable series;
  private final BlockLayout.Pages chunkPages;
  private final BlockLayout.Pages timesPages;
  private final AtomicReferenceArray<Column> columns = new AtomicReferenceArray<>(COLUMNS_KEPT);
  private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(PAGES_KEPT);
  private volatile Page timesPage = Page.NONE;

  /** Aggregates are read at one resolution by a selection. */
  private volatile Page aggregatesPage = Page.NONE;

  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Page(int number, byte[] bytes) {
    static final Page NONE = new Page(-1, new byte[0]);
  }

  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Column(int number, long[] times) {}

  BlockData(BlockReader reader, BlockLayout layout, SeriesTable series) {
    this.reader = reader;
    this.layout = layout;
    this.series = series;
    this.chunkPages = layout.pages(MetricBlockFormat.CHUNK_PAGE);
    this.timesPages = layout.pages(MetricBlockFormat.TIMES_PAGE);
  }

  /** Appends the samples of a series in the range. */
  void read(SeriesTable.Place place, long min, long max, SampleBuffer into) {
    series.chunks(
        place,
        min,
        max,
        (column, flags, data, length) -> readChunk(column, flags, data, length, min, max, into));
  }

  private void readChunk(
      int column, int flags, long data, int length, long min, long max, SampleBuffer into) {
    ChunkDecoder decoder = into.scratch(ChunkDecoder.class, ChunkDecoder::new);
    long[] times = times(column, decoder);
    Page of = page(data);
    int from = (int) (data - chunkPages.start(of.number));
    decoder
        .cursor()
        .reset(of.bytes, from, from + length, reader.name(), chunkPages.offset(of.number));
    boolean hasStarts = (flags & MetricBlockFormat.HAS_STARTS) != 0;
    if ((flags & MetricBlockFormat.HISTOGRAMS) != 0) {
      decoder.histograms(times, times.length, hasStarts, min, max, into);
    } else {
      decoder.floats(times, times.length, hasStarts, min, max, into);
    }
  }

  /** The page in which the data stands. */
  private Page page(long data) {
    for (int slot = 0; slot < PAGES_KEPT; slot++) {
      Page kept = pages.get(slot);
      if (kept != null && chunkPages.contains(kept.number, data)) {
        return kept;
      }
    }
    Page read = read(chunkPages, data);
    pages.set(read.number % PAGES_KEPT, read);
    return read;
  }

  private long[] times(int column, ChunkDecoder decoder) {
    int slot = column % COLUMNS_KEPT;
    Column known = columns.get(slot);
    if (known != null && known.number == column) {
      return known.times;
    }
    long start = layout.columnStart(column);
    Page of = timesPage;
    if (!timesPages.contains(of.number, start)) {
      of = read(timesPages, start);
      timesPage = of;
    }
    int from = (int) (start - timesPages.start(of.number));
    decoder
        .cursor()
        .reset(
            of.bytes,
            from,
            from + layout.columnLength(column),
            reader.name(),
            timesPages.offset(of.number));
    long[] times = decoder.times(layout.count(column));
    columns.set(slot, new Column(column, times));
    return times;
  }

  /**
   * Appends what the windows of a series come to. A selection asks for one resolution only.
   *
   * @return false, with nothing appended, when that is not there
   */
  boolean readAggregates(
      Aggregates aggregates,
      int resolution,
      int number,
      Detail.Aggregate wanted,
      long min,
      long max,
      SampleBuffer into) {
    int length = aggregates.length(resolution, number);
    if (length == 0) {
      return false;
    }
    BlockLayout.Pages of = layout.pages(MetricBlockFormat.AGGREGATES_PAGE + resolution);
    long start = aggregates.start(resolution, number);
    Page page = aggregatesPage;
    if (!of.contains(page.number, start)) {
      page = read(of, start);
      aggregatesPage = page;
    }
    int from = (int) (start - of.start(page.number));
    ChunkDecoder decoder = into.scratch(ChunkDecoder.class, ChunkDecoder::new);
    decoder.cursor().reset(page.bytes, from, from + length, reader.name(), of.offset(page.number));
    return decoder.aggregates(wanted, min, max, into);
  }

  /** Reads the page that has a byte. */
  private Page read(BlockLayout.Pages of, long at) {
    int number = of.find(reader.name(), at);
    ByteReader in = reader.page(MetricBlockFormat.DATA, of.offset(number), of.length(number));
    int size = in.remaining();
    byte[] bytes = new byte[size + ByteCursor.SLACK];
    in.slice(size).get(bytes, 0, size);
    return new Page(number, bytes);
  }
}
