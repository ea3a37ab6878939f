package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import io.trilith.storage.encoding.ByteReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Values of one place of a template, decoded, by row of the template's lines. Kinds and their bytes
 * in {@code docs/formats/log-block.md}. Immutable.
 */
abstract class Column {
  static final int CONSTANT = 0;
  static final int DICTIONARY = 1;
  static final int INTEGER = 2;
  static final int DECIMAL = 3;
  static final int ADDRESS = 4;
  static final int TIME = 5;
  static final int HEX = 6;
  static final int UUID = 7;
  static final int TEXT = 8;
  static final int SAME = 9;

  /** Bytes of the value. */
  abstract int length(int row);

  abstract void append(int row, Bytes into);

  /** The value as text; a column whose values repeat makes each only once. */
  String text(int row) {
    Bytes value = new Bytes();
    append(row, value);
    return new String(value.array, 0, value.size, StandardCharsets.UTF_8);
  }

  /** Whether each of its values passes a test. */
  boolean all(LineShape.ValueTest test, int count) {
    Bytes value = new Bytes();
    for (int row = 0; row < count; row++) {
      value.size = 0;
      append(row, value);
      if (!test.test(value.array, 0, value.size)) {
        return false;
      }
    }
    return true;
  }

  /** Bytes that the decoded column takes, roughly. */
  abstract int size();

  /** Marks the rows whose value holds the text. */
  void search(Needle needle, long[] rows, int count) {
    Bytes value = new Bytes();
    for (int row = 0; row < count; row++) {
      value.size = 0;
      append(row, value);
      if (needle.indexOf(value.array, 0, value.size) >= 0) {
        set(rows, row);
      }
    }
  }

  /** Marks the rows whose value is the text. */
  void searchEqual(byte[] text, long[] rows, int count) {
    Bytes value = new Bytes();
    for (int row = 0; row < count; row++) {
      if (length(row) == text.length) {
        value.size = 0;
        append(row, value);
        if (Arrays.equals(value.array, 0, value.size, text, 0, text.length)) {
          set(rows, row);
        }
      }
    }
  }

  static void set(long[] rows, int row) {
    rows[row >>> 6] |= 1L << row;
  }

  static Column decode(ByteReader in, int count, Codec.RowTimes times) {
    int kind = in.getByte();
    return switch (kind) {
      case CONSTANT -> new Texts.Constant(in.getBytes(in.remaining()));
      case DICTIONARY -> Texts.dictionary(in, count);
      case TEXT -> Texts.text(in, count);
      case INTEGER, DECIMAL, ADDRESS -> Numbers.number(kind, in, count, times);
      case TIME -> Numbers.time(in, count, times);
      case HEX -> new HexDigits(in, count, false);
      case UUID -> new HexDigits(in, count, true);
      default -> throw in.corrupt("a column of kind " + kind);
    };
  }

  /** Marks a range of rows. */
  static void fill(long[] rows, int count) {
    Arrays.fill(rows, 0, count >>> 6, -1L);
    if ((count & 63) != 0) {
      rows[count >>> 6] |= (1L << count) - 1;
    }
  }
}
