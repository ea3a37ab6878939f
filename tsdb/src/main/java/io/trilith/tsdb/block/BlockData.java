package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
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
  private final AtomicReferenceArray<Column> columns = new AtomicReferenceArray<>(COLUMNS_KEPT);
  private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(PAGES_KEPT);
  private volatile Page timesPage = new Page(-1, new byte[0]);

  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Page(int number, byte[] bytes) {}

  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Column(int number, long[] times) {}

  BlockData(BlockReader reader, BlockLayout layout, SeriesTable series) {
    this.reader = reader;
    this.layout = layout;
    this.series = series;
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
    ChunkDecoder decoder = into.decoder();
    long[] times = times(column, decoder);
    Page of = page(data);
    int from = (int) (data - layout.pageStart(of.number));
    decoder
        .cursor()
        .reset(of.bytes, from, from + length, reader.name(), layout.pageOffset(of.number));
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
      if (kept != null
          && data >= layout.pageStart(kept.number)
          && data < layout.pageStart(kept.number + 1)) {
        return kept;
      }
    }
    int number = layout.page(reader.name(), data);
    Page read = new Page(number, bytes(layout.pageOffset(number), layout.pageLength(number)));
    pages.set(number % PAGES_KEPT, read);
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
    if (of.number < 0
        || start < layout.timesPageStart(of.number)
        || start >= layout.timesPageStart(of.number + 1)) {
      int number = layout.timesPage(reader.name(), start);
      of = new Page(number, bytes(layout.timesPageOffset(number), layout.timesPageLength(number)));
      timesPage = of;
    }
    int from = (int) (start - layout.timesPageStart(of.number));
    decoder
        .cursor()
        .reset(
            of.bytes,
            from,
            from + layout.columnLength(column),
            reader.name(),
            layout.timesPageOffset(of.number));
    long[] times = decoder.times(layout.count(column));
    columns.set(slot, new Column(column, times));
    return times;
  }

  private byte[] bytes(long offset, int length) {
    ByteReader in = reader.page(MetricBlockFormat.DATA, offset, length);
    int size = in.remaining();
    byte[] bytes = new byte[size + ByteCursor.SLACK];
    in.slice(size).get(bytes, 0, size);
    return bytes;
  }
}
