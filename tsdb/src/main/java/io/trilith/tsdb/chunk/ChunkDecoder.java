package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import java.nio.ByteBuffer;

/** Reads what {@link ChunkEncoder} wrote. Reused from chunk to chunk; not thread-safe. */
public final class ChunkDecoder {
  private final LongDecoder longs = new LongDecoder();
  private final FloatDecoder floats = new FloatDecoder(longs);
  private final AggregateDecoder aggregates = new AggregateDecoder(longs, floats);
  private final ByteCursor cursor = new ByteCursor();
  private long[] starts = new long[0];

  /** To be pointed at the bytes of the next column or chunk. */
  public ByteCursor cursor() {
    return cursor;
  }

  /** The times of a column that the cursor points at. */
  public long[] times(int count) {
    long[] times = new long[count];
    longs.decode(cursor, times, 0, count);
    checkEnd();
    return times;
  }

  /**
   * Appends the floats of the chunk that the cursor points at, as far as they are in range.
   *
   * @param times of the whole chunk, ascending
   */
  public void floats(
      long[] times, int count, boolean hasStarts, long min, long max, SampleBuffer into) {
    int first = lower(times, count, min);
    int end = max == Long.MAX_VALUE ? count : lower(times, count, max + 1);
    if (first >= end) {
      return;
    }
    readStarts(hasStarts, count);
    int at = into.reserve(count);
    floats.decode(cursor, into.values(), into.timestamps(), at, count);
    checkEnd();
    into.append(times, first, end);
    if (hasStarts) {
      into.startedAt(starts, first, end);
    }
  }

  /**
   * Appends what the windows of the record that the cursor points at come to.
   *
   * @return false, with nothing appended, when the record cannot tell it
   */
  public boolean aggregates(Detail.Aggregate wanted, long min, long max, SampleBuffer into) {
    return aggregates.read(cursor, wanted, min, max, into);
  }

  /** As above, of a chunk of histograms. */
  public void histograms(
      long[] times, int count, boolean hasStarts, long min, long max, SampleBuffer into) {
    readStarts(hasStarts, count);
    int from = cursor.at();
    int length = cursor.end() - from;
    ByteReader in =
        new ByteReader(
            ByteBuffer.wrap(cursor.array(), from, length), cursor.file(), cursor.offset());
    NativeHistogram before = null;
    for (int i = 0; i < count; i++) {
      before = HistogramCodec.get(in, before);
      if (times[i] >= min && times[i] <= max) {
        into.add(times[i], before);
        into.startedAt(hasStarts ? starts[i] : 0);
      }
    }
    if (in.hasRemaining()) {
      throw in.corrupt(in.remaining() + " bytes follow the last histogram");
    }
  }

  private void readStarts(boolean hasStarts, int count) {
    if (hasStarts) {
      if (starts.length < count) {
        starts = new long[count];
      }
      longs.decode(cursor, starts, 0, count);
    }
  }

  private void checkEnd() {
    if (cursor.at() != cursor.end()) {
      throw cursor.corrupt((cursor.end() - cursor.at()) + " bytes follow the last number");
    }
  }

  /** The first place whose time is not below. */
  private static int lower(long[] times, int count, long time) {
    if (count == 0 || times[0] >= time) {
      return 0;
    }
    if (times[count - 1] < time) {
      return count;
    }
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (times[middle] < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
