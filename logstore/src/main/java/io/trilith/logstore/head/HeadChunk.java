package io.trilith.logstore.head;

import io.trilith.logstore.LogBatch;
import io.trilith.logstore.MetadataCodec;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.PageFilter;
import io.trilith.logstore.page.PageScan;
import io.trilith.logstore.page.PlainFilter;
import io.trilith.logstore.page.PlainPage;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.StableOrder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * As much of a head's stream as a page holds: columns in order of arrival. Thread-safe by its own
 * monitor.
 */
final class HeadChunk implements PageRef {
  private final ByteWriter lines;
  private final ByteWriter metadata = new ByteWriter(64);
  private long[] times = new long[16];
  private int[] lineEnds = new int[16];
  private int[] metadataAt = new int[16];

  /** Of the last one that was put, which ends where all end. */
  private int lastMetadataAt;

  private int count;

  /** Of all runs, when the chunk had this many entries. */
  private @Nullable PageFilter filter;

  private int filtered;
  private int asked;
  private boolean ordered = true;
  private long min = Long.MAX_VALUE;
  private long max = Long.MIN_VALUE;

  /** A chunk that begins with room for this many bytes of lines. */
  HeadChunk(int lineBytes) {
    lines = new ByteWriter(lineBytes);
  }

  /** Whether a line of that length goes into another chunk. A chunk takes at least one. */
  synchronized boolean isFull(int length) {
    return count > 0
        && (lines.size() + length > PageCodec.LINE_BYTES || count >= PageCodec.ENTRIES_MAX);
  }

  /** Adds an entry and returns by how many bytes the chunk grew, roughly. */
  synchronized int add(LogBatch batch, int entry) {
    if (count == times.length) {
      times = Arrays.copyOf(times, count * 2);
      lineEnds = Arrays.copyOf(lineEnds, count * 2);
      metadataAt = Arrays.copyOf(metadataAt, count * 2);
    }
    int before = metadata.size();
    long time = batch.time(entry);
    int from = batch.lineStart(entry);
    int length = batch.lineEnd(entry) - from;
    lines.putBytes(batch.lines(), from, length);
    ordered &= count == 0 || time >= times[count - 1];
    times[count] = time;
    lineEnds[count] = lines.size();
    metadataAt[count] =
        place(batch.metadataArray(), batch.metadataStart(entry), batch.metadataEnd(entry));
    count++;
    min = Math.min(min, time);
    max = Math.max(max, time);
    return length + metadata.size() - before + 16;
  }

  private int place(byte[] structured, int from, int to) {
    if (structured[from] == 0) {
      return -1; // a count of none
    }
    if (!Arrays.equals(structured, from, to, metadata.array(), lastMetadataAt, metadata.size())) {
      lastMetadataAt = metadata.size();
      metadata.putBytes(structured, from, to - from);
    }
    return lastMetadataAt;
  }

  @Override
  public synchronized long minTime() {
    return min;
  }

  @Override
  public synchronized long maxTime() {
    return max;
  }

  @Override
  public synchronized int count() {
    return count;
  }

  @Override
  public synchronized long lineBytes() {
    return lines.size();
  }

  @Override
  public boolean mayHold(PageScan scan) {
    PageFilter known = scan.isEverything() ? null : filter();
    return known == null || scan.mayHold(known);
  }

  /**
   * A filter is made for the second needle that finds the chunk as the first one did: making it
   * costs as much as three searches, so it does not pay for what still grows.
   */
  private synchronized @Nullable PageFilter filter() {
    if (filter != null && filtered == count) {
      return filter;
    }
    if (asked != count) {
      asked = count;
      return null;
    }
    PlainFilter runs = new PlainFilter();
    int from = 0;
    for (int i = 0; i < count; i++) {
      runs.add(lines.array(), from, lineEnds[i]);
      from = lineEnds[i];
    }
    for (int at = 0; at < metadata.size(); ) {
      at = MetadataCodec.eachValue(metadata.array(), at, runs::add);
    }
    ByteWriter bytes = new ByteWriter(1 << 12);
    runs.finish(bytes);
    filtered = count;
    filter = new PageFilter(new ByteReader(ByteBuffer.wrap(bytes.toArray()), "log head", 0));
    return filter;
  }

  @Override
  public boolean isDistinct() {
    return false;
  }

  /**
   * What is there now, in order of time. Bytes below the present sizes never change, so they are
   * shared.
   */
  @Override
  public synchronized PlainPage load(ScanCounts counts) {
    int[] starts = new int[count];
    for (int i = 1; i < count; i++) {
      starts[i] = lineEnds[i - 1];
    }
    if (ordered) {
      return new PlainPage(
          count, times, starts, lineEnds, lines.array(), metadataAt, metadata.array());
    }
    int[] order = StableOrder.of(times, count);
    long[] sortedTimes = new long[count];
    int[] sortedStarts = new int[count];
    int[] sortedEnds = new int[count];
    int[] sortedMetadata = new int[count];
    for (int i = 0; i < count; i++) {
      sortedTimes[i] = times[order[i]];
      sortedStarts[i] = starts[order[i]];
      sortedEnds[i] = lineEnds[order[i]];
      sortedMetadata[i] = metadataAt[order[i]];
    }
    return new PlainPage(
        count,
        sortedTimes,
        sortedStarts,
        sortedEnds,
        lines.array(),
        sortedMetadata,
        metadata.array());
  }
}
