package io.trilith.logstore.chunk;

import io.trilith.logstore.MetadataCodec;
import io.trilith.logstore.page.PlainFilter;
import io.trilith.logstore.page.PlainPage;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.encoding.Packed;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Plain pages of entries, see {@code docs/formats/log-block.md}.
 *
 * <pre>
 * page    = rawLength:varint  zstd( content )
 * content = count:varint time* lineLength:varint* metadataRef:varint* metadataLength:varint metadata lines
 * time    = distance to the one before: zigzag, the first to 0
 * ref     = 0 for none, else position in metadata + 1
 * </pre>
 */
public final class PageCodec {
  /** A page is closed once its lines have this size. */
  public static final int LINE_BYTES = 256 << 10;

  /** Entries per page at most. */
  public static final int ENTRIES_MAX = 8192;

  private static final byte[] NOTHING = {};

  private final ByteWriter times = new ByteWriter(1 << 14);
  private final ByteWriter lengths = new ByteWriter(1 << 14);
  private final ByteWriter refs = new ByteWriter(1 << 14);
  private final ByteWriter metadata = new ByteWriter(1 << 14);
  private final ByteWriter lines = new ByteWriter(LINE_BYTES * 2);
  private final ByteWriter raw = new ByteWriter(LINE_BYTES * 2);
  private final PlainFilter filter = new PlainFilter();
  private byte[] lastFrom = NOTHING;
  private int lastAt = -1;
  private int lastPlace = -1;
  private int count;
  private long minTime;
  private long maxTime;

  public int count() {
    return count;
  }

  public long minTime() {
    return minTime;
  }

  public long maxTime() {
    return maxTime;
  }

  public int lineBytes() {
    return lines.size();
  }

  public boolean isFull() {
    return lines.size() >= LINE_BYTES || count >= ENTRIES_MAX;
  }

  /** Adds an entry of a page that is not earlier than the one before. */
  public void add(PlainPage page, int entry) {
    long time = page.time(entry);
    minTime = count == 0 ? time : minTime;
    times.putZigzag(count == 0 ? time : time - maxTime);
    maxTime = time;
    int from = page.lineStart(entry);
    int length = page.lineEnd(entry) - from;
    lengths.putVarint(length);
    lines.putBytes(page.lines(), from, length);
    filter.add(page.lines(), from, from + length);
    refs.putVarint(place(page.metadata(), page.metadataAt()[entry]) + 1L);
    count++;
  }

  @SuppressWarnings("ReferenceEquality") // the very array: nothing is looked at twice
  private int place(byte[] from, int at) {
    if (at < 0) {
      return -1;
    }
    // What the entry before has is mostly what this one has, also when it stands elsewhere.
    if (from != lastFrom || at != lastAt) {
      int end = MetadataCodec.end(from, at);
      if (lastPlace < 0
          || !Arrays.equals(from, at, end, metadata.array(), lastPlace, metadata.size())) {
        lastPlace = metadata.size();
        metadata.putBytes(from, at, end - at);
        MetadataCodec.eachValue(from, at, filter::add);
      }
      lastFrom = from;
      lastAt = at;
    }
    return lastPlace;
  }

  /** What a finished page consists of: the lengths of its parts, which stand one after another. */
  public record Written(int filterLength, int length) {}

  /** Appends the filter and the page; what was added is forgotten. */
  public Written finish(ByteWriter out) {
    int start = out.size();
    filter.finish(out);
    out.putInt(Crc.of(out.array(), start, out.size() - start));
    int page = out.size();
    raw.clear();
    raw.putVarint(count);
    raw.putBytes(times.view());
    raw.putBytes(lengths.view());
    raw.putBytes(refs.view());
    raw.putVarint(metadata.size());
    raw.putBytes(metadata.view());
    raw.putBytes(lines.view());
    times.clear();
    lengths.clear();
    refs.clear();
    metadata.clear();
    lines.clear();
    lastFrom = NOTHING;
    lastAt = -1;
    lastPlace = -1;
    count = 0;
    Packed.packFast(raw, out);
    out.putInt(Crc.of(out.array(), page, out.size() - page));
    return new Written(page - start, out.size() - start);
  }

  public static PlainPage decode(ByteReader page, String file, long offset) {
    byte[] raw = Packed.unpack(page);
    ByteReader in = new ByteReader(ByteBuffer.wrap(raw), file, offset);
    int count = in.getCount(3);
    long[] times = new long[count];
    long time = 0;
    for (int i = 0; i < count; i++) {
      time += in.getZigzag();
      times[i] = time;
    }
    int[] starts = new int[count];
    int[] ends = new int[count];
    int end = 0;
    for (int i = 0; i < count; i++) {
      starts[i] = end;
      end += (int) in.getVarint();
      ends[i] = end;
      if (end < starts[i]) {
        throw in.corrupt("a negative line length");
      }
    }
    int[] refs = new int[count];
    for (int i = 0; i < count; i++) {
      refs[i] = (int) in.getVarint() - 1;
    }
    byte[] metadata = in.getBytes(in.getCount());
    for (int ref : refs) {
      if (ref >= metadata.length) {
        throw in.corrupt("metadata at " + ref + " of " + metadata.length);
      }
    }
    if (end != in.remaining()) {
      throw in.corrupt(end + " bytes of lines expected, " + in.remaining() + " left");
    }
    return new PlainPage(count, times, starts, ends, in.getBytes(end), refs, metadata);
  }
}
