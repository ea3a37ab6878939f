package io.trilith.logstore;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one request brings for one tenant, in columns: streams by number, entries that name their
 * stream by it, the bytes of all lines end to end. Built by a receiver, then handed to {@link
 * LogAppender#append}, which owns it from there. Not thread-safe.
 */
public final class LogBatch {
  private final List<Labels> streams = new ArrayList<>();
  private final ByteWriter lines = new ByteWriter(4096);
  private final List<Labels> metadata = new ArrayList<>();
  private int[] entryStreams = new int[64];
  private long[] times = new long[64];
  private int[] lineEnds = new int[64];
  private int entries;

  /** Adds a stream and returns its number in this batch. The same labels may be added twice. */
  public int addStream(Labels labels) {
    streams.add(labels);
    return streams.size() - 1;
  }

  /** Adds an entry. The line is any bytes; they come back as they are. */
  public void addEntry(
      int stream, long timeNanos, byte[] line, int offset, int length, Labels structuredMetadata) {
    if (entries == times.length) {
      entryStreams = Arrays.copyOf(entryStreams, entries * 2);
      times = Arrays.copyOf(times, entries * 2);
      lineEnds = Arrays.copyOf(lineEnds, entries * 2);
    }
    lines.putBytes(line, offset, length);
    metadata.add(structuredMetadata);
    entryStreams[entries] = stream;
    times[entries] = timeNanos;
    lineEnds[entries] = lines.size();
    entries++;
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

  public Labels metadata(int entry) {
    return metadata.get(entry);
  }
}
