package io.trilith.logstore;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one request brings for one tenant, in columns: streams by number, entries that name their
 * stream by it, the bytes of all lines end to end. Built by a receiver, then handed to {@code
 * LogAppender}, which owns it from there. Not thread-safe.
 */
public final class LogBatch {
  private final List<Labels> streams = new ArrayList<>();
  private final ByteWriter lines = new ByteWriter(4096);
  private final ByteWriter metadata = new ByteWriter(1024);
  private final ByteWriter encoded = new ByteWriter(256);
  private int[] entryStreams = new int[64];
  private long[] times = new long[64];
  private int[] lineEnds = new int[64];
  private int[] metadataAt = new int[64];
  private int[] metadataEnds = new int[64];
  private int entries;
  private long streamBytes;

  /** Where the metadata of the last entry stands. */
  private int placedAt;

  private int placedEnd;

  /** Makes room for this many bytes of lines, which is a guess. */
  public void reserve(int lineBytes) {
    lines.reserve(lineBytes);
  }

  /** Adds a stream and returns its number in this batch. The same labels may be added twice. */
  public int addStream(Labels labels) {
    streams.add(labels);
    streamBytes += labels.bytes();
    return streams.size() - 1;
  }

  /** Adds an entry. The line is any bytes; they come back as they are. */
  public void addEntry(
      int stream, long timeNanos, byte[] line, int offset, int length, Labels structuredMetadata) {
    encoded.clear();
    MetadataCodec.put(structuredMetadata, encoded);
    addEntry(stream, timeNanos, line, offset, length, encoded);
  }

  /** As above, the structured metadata encoded as {@link MetadataCodec} does. */
  public void addEntry(
      int stream, long timeNanos, byte[] line, int offset, int length, ByteWriter structured) {
    place(structured.array(), 0, structured.size());
    add(stream, timeNanos, line, offset, length);
  }

  /** Adds an entry of another batch. */
  public void addEntry(LogBatch other, int entry) {
    place(other.metadata.array(), other.metadataAt[entry], other.metadataEnds[entry]);
    int line = other.lineStart(entry);
    int length = other.lineEnd(entry) - line;
    add(other.stream(entry), other.time(entry), other.lines(), line, length);
  }

  /** Puts the metadata of the entry that comes next: where the last entry's is, when it is that. */
  private void place(byte[] structured, int from, int to) {
    boolean same =
        entries > 0 && Arrays.equals(structured, from, to, metadata.array(), placedAt, placedEnd);
    if (!same) {
      placedAt = metadata.size();
      metadata.putBytes(structured, from, to - from);
      placedEnd = metadata.size();
    }
  }

  private void add(int stream, long timeNanos, byte[] line, int offset, int length) {
    if (entries == times.length) {
      entryStreams = Arrays.copyOf(entryStreams, entries * 2);
      times = Arrays.copyOf(times, entries * 2);
      lineEnds = Arrays.copyOf(lineEnds, entries * 2);
      metadataAt = Arrays.copyOf(metadataAt, entries * 2);
      metadataEnds = Arrays.copyOf(metadataEnds, entries * 2);
    }
    lines.putBytes(line, offset, length);
    entryStreams[entries] = stream;
    times[entries] = timeNanos;
    lineEnds[entries] = lines.size();
    metadataAt[entries] = placedAt;
    metadataEnds[entries] = placedEnd;
    entries++;
  }

  /** Bytes that its content takes, roughly. */
  public long heldBytes() {
    return lines.size() + metadata.size() + 24L * entries + streamBytes;
  }

  /** Bytes of lines and structured metadata; metadata that entries share is there once. */
  public long textBytes() {
    return (long) lines.size() + metadata.size();
  }

  public List<Labels> streams() {
    return streams;
  }

  public int entries() {
    return entries;
  }

  public int stream(int entry) {
    return entryStreams[entry];
  }

  /** Nanoseconds since 1970. */
  public long time(int entry) {
    return times[entry];
  }

  /** The bytes of all lines; an entry's are from {@link #lineStart} to {@link #lineEnd}. */
  public byte[] lines() {
    return lines.array();
  }

  public int lineStart(int entry) {
    return entry == 0 ? 0 : lineEnds[entry - 1];
  }

  public int lineEnd(int entry) {
    return lineEnds[entry];
  }

  /** An entry's structured metadata. Decoded on each call. */
  public Labels metadata(int entry) {
    int from = metadataAt[entry];
    ByteBuffer bytes = ByteBuffer.wrap(metadata.array(), from, metadataEnds[entry] - from);
    return MetadataCodec.get(new ByteReader(bytes, "log batch", from));
  }

  /** The structured metadata of all entries, encoded as {@link MetadataCodec} does. */
  public byte[] metadataArray() {
    return metadata.array();
  }

  /** Where an entry's metadata begins in {@link #metadataArray}. */
  public int metadataStart(int entry) {
    return metadataAt[entry];
  }

  public int metadataEnd(int entry) {
    return metadataEnds[entry];
  }
}
