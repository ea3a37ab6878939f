package io.trilith.tsdb;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The labels of a series as bytes, the same bytes for the same labels. They are the label fields of
 * remote write 1 in the order of {@link Labels}, with lengths in their shortest form, so that what
 * a sender sends is mostly a key already ({@link KeyScanner} tells).
 *
 * <pre>
 * key   = label*
 * label = 0x0a length:varint  0x0a length:varint name  0x12 length:varint value
 * </pre>
 */
public final class SeriesKey {
  /** Tag of a label in a series, and of a name in a label. */
  public static final byte FIRST = 0x0a;

  /** Tag of a value in a label. */
  public static final byte SECOND = 0x12;

  private SeriesKey() {}

  /** Appends the key of the labels. */
  public static void put(Labels labels, ByteWriter out) {
    for (int i = 0; i < labels.size(); i++) {
      byte[] name = labels.name(i).getBytes(StandardCharsets.UTF_8);
      byte[] value = labels.value(i).getBytes(StandardCharsets.UTF_8);
      putHead(name.length, value.length, out);
      out.putBytes(name);
      out.putByte(SECOND);
      out.putVarint(value.length);
      out.putBytes(value);
    }
  }

  /** Appends one label whose name and value, both UTF-8, stand in one array. */
  public static void putLabel(
      byte[] source, int nameAt, int nameLength, int valueAt, int valueLength, ByteWriter out) {
    putHead(nameLength, valueLength, out);
    out.putBytes(source, nameAt, nameLength);
    out.putByte(SECOND);
    out.putVarint(valueLength);
    out.putBytes(source, valueAt, valueLength);
  }

  private static void putHead(int nameLength, int valueLength, ByteWriter out) {
    int inner = 2 + varintLength(nameLength) + nameLength + varintLength(valueLength) + valueLength;
    out.putByte(FIRST);
    out.putVarint(inner);
    out.putByte(FIRST);
    out.putVarint(nameLength);
  }

  private static int varintLength(int value) {
    return (31 - Integer.numberOfLeadingZeros(value | 1)) / 7 + 1;
  }

  /**
   * The labels of a key.
   *
   * @param strings where names and values come from
   * @return null when the bytes are not a key
   */
  public static @Nullable Labels labels(byte[] bytes, int from, int length, LabelStrings strings) {
    int to = from + length;
    String[] pairs = new String[32];
    int size = 0;
    int at = from;
    while (at < to) {
      long label = field(bytes, at, to, FIRST);
      int end = end(label);
      long name = label < 0 ? -1 : field(bytes, start(label), end, FIRST);
      long value = name < 0 ? -1 : field(bytes, end(name), end, SECOND);
      if (value < 0 || end(value) != end) {
        return null;
      }
      if (size == pairs.length) {
        pairs = Arrays.copyOf(pairs, size * 2);
      }
      pairs[size++] = strings.get(bytes, start(name), (int) name);
      pairs[size++] = strings.get(bytes, start(value), (int) value);
      if (size > 2 && pairs[size - 4].compareTo(pairs[size - 2]) >= 0) {
        return null;
      }
      at = end;
    }
    return Labels.ofSorted(Arrays.copyOf(pairs, size));
  }

  /** A field's content: where it starts, and below that its length; -1 when it does not fit. */
  public static long field(byte[] bytes, int at, int to, byte tag) {
    if (at >= to || bytes[at] != tag) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < 5 && at + 1 + i < to; i++) {
      byte b = bytes[at + 1 + i];
      length |= (long) (b & 0x7f) << (7 * i);
      if (b >= 0) {
        long start = at + 2L + i;
        return start + length <= to ? start << 32 | length : -1;
      }
    }
    return -1;
  }

  /** Where the content of a field starts. */
  public static int start(long field) {
    return (int) (field >>> 32);
  }

  /** Where the content of a field ends. */
  public static int end(long field) {
    return start(field) + (int) field;
  }
}
