package io.trilith.ingest.metrics;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SeriesKey;

/** Single labels as they stand in a {@link SeriesKey}. */
final class LabelBytes {
  private LabelBytes() {}

  /** A whole label. */
  static byte[] label(byte[] name, byte[] value) {
    ByteWriter out = new ByteWriter(name.length + value.length + 16);
    put(nameField(name), value, 0, value.length, out);
    return out.toArray();
  }

  /** What comes between a label's length and its value's length. */
  static byte[] nameField(byte[] name) {
    ByteWriter out = new ByteWriter(name.length + 8);
    out.putByte(SeriesKey.FIRST);
    out.putVarint(name.length);
    out.putBytes(name);
    out.putByte(SeriesKey.SECOND);
    return out.toArray();
  }

  /** Appends a label of a name's field and a value. */
  static void put(byte[] nameField, byte[] source, int from, int length, ByteWriter out) {
    int lengthBytes = (31 - Integer.numberOfLeadingZeros(length | 1)) / 7 + 1;
    out.putByte(SeriesKey.FIRST);
    out.putVarint(nameField.length + lengthBytes + length);
    out.putBytes(nameField, 0, nameField.length);
    out.putVarint(length);
    out.putBytes(source, from, length);
  }
}
