package io.trilith.tsdb.store;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A log record with a note, see {@code docs/formats/log-records.md}. Both parts are views of the
 * record.
 *
 * @param body the record of the metric store; empty when there is none
 */
public record NotedRecord(ByteBuffer note, ByteBuffer body) {
  private static final int VERSION = 4;

  /** Takes a record of the metric store apart; null when it has no note. */
  public static @Nullable NotedRecord of(ByteBuffer record, long offset) {
    if (!record.hasRemaining() || record.get(record.position()) != VERSION) {
      return null;
    }
    ByteReader in = new ByteReader(record, "log record " + offset, 0);
    int _ = in.getByte();
    ByteBuffer note = in.slice(in.getCount());
    return new NotedRecord(note, in.slice(in.remaining()));
  }

  /** Writes what stands before the record of the store. */
  static void begin(byte[] note, ByteWriter out) {
    out.putByte(VERSION);
    out.putVarint(note.length);
    out.putBytes(note);
  }
}
