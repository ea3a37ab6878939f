package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.AttributeValue;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** A column of texts by their numbers in a table that stays encoded. Thread-safe. */
final class Texts {
  static final Texts EMPTY = new Texts(new byte[0], new int[0], new int[0], Longs.EMPTY);

  /** Texts of larger tables are made when they are asked for, each time. */
  private static final int KEPT_MAX = 512;

  private final byte[] bytes;
  private final int[] starts;
  private final int[] ends;
  private final Longs numbers;
  private final @Nullable AtomicReferenceArray<AttributeValue.Text> made;

  private Texts(byte[] bytes, int[] starts, int[] ends, Longs numbers) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
    this.numbers = numbers;
    this.made = starts.length <= KEPT_MAX ? new AtomicReferenceArray<>(starts.length) : null;
  }

  static Texts read(Page in, int rows) {
    ByteReader at = in.reader();
    int count = at.getCount();
    int[] starts = new int[count];
    int[] ends = new int[count];
    for (int i = 0; i < count; i++) {
      int length = at.getCount();
      starts[i] = at.position();
      ends[i] = starts[i] + length;
      at.seek(ends[i]);
    }
    return new Texts(in.bytes(), starts, ends, Longs.indexes(in, rows, count));
  }

  byte[] bytes() {
    return bytes;
  }

  /** Texts in the table. */
  int size() {
    return starts.length;
  }

  int start(int number) {
    return starts[number];
  }

  int end(int number) {
    return ends[number];
  }

  /** The number of each row's text. */
  Longs numbers() {
    return numbers;
  }

  /** Bytes of the index on the heap. */
  long weight() {
    return 8L * starts.length;
  }

  /** The number of a row's text. */
  int number(int row) {
    return (int) numbers.get(row);
  }

  AttributeValue.Text value(int number) {
    AttributeValue.Text known = made == null ? null : made.get(number);
    if (known == null) {
      int length = ends[number] - starts[number];
      known =
          new AttributeValue.Text(
              new String(bytes, starts[number], length, StandardCharsets.UTF_8));
      if (made != null) {
        made.set(number, known);
      }
    }
    return known;
  }

  String get(int row) {
    return value(number(row)).value();
  }
}
