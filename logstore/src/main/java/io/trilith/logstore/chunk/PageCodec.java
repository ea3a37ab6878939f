package io.trilith.logstore.chunk;

import io.trilith.logstore.EntryCursor;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;

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

  private final ByteWriter times = new ByteWriter(1 << 14);
  private final ByteWriter lengths = new ByteWriter(1 << 14);
  private final ByteWriter refs = new ByteWriter(1 << 14);
  private final ByteWriter metadata = new ByteWriter(1 << 14);
  private final ByteWriter lines = new ByteWriter(LINE_BYTES * 2);
  private Labels lastMetadata = Labels.EMPTY;
  private int lastMetadataAt;
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

  /** Adds an entry that is not earlier than the one before. */
  public void add(EntryCursor entry) {
    long time = entry.timestamp();
    minTime = count == 0 ? time : minTime;
    times.putZigzag(count == 0 ? time : time - maxTime);
    maxTime = time;
    int length = entry.lineEnd() - entry.lineStart();
    lengths.putVarint(length);
    lines.putBytes(entry.lineArray(), entry.lineStart(), length);
    Labels labels = entry.metadata();
    if (labels.isEmpty()) {
      refs.putVarint(0);
    } else {
      if (!labels.equals(lastMetadata)) {
        lastMetadataAt = metadata.size();
        lastMetadata = labels;
        MetadataCodec.put(labels, metadata);
      }
      refs.putVarint(lastMetadataAt + 1L);
    }
    count++;
  }

  /** The encoded page; what was added is forgotten. */
  public ByteBuffer finish() {
    ByteWriter raw = new ByteWriter(lines.size() + lines.size() / 4 + 1024);
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
    lastMetadata = Labels.EMPTY;
    count = 0;
    ByteWriter out = new ByteWriter(raw.size() / 3 + 64);
    Packed.pack(raw, out);
    return out.view();
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
