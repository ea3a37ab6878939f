package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.TextTable;
import io.trilith.tracestore.columns.TextView;

/** A column of texts by dictionary. */
final class TextColumn {
  /** Collects and writes one. Not thread-safe. */
  static final class Builder {
    private final TextTable texts = new TextTable(32, 16);
    private final LongColumn numbers = new LongColumn();
    private final IntNumbers known = new IntNumbers();
    private long weight;

    /** Adds a row by the number of its text. */
    void add(int number) {
      numbers.add(number);
    }

    /** The number of a text, which is added to the table when it is new. */
    int number(byte[] utf8, int from, int to) {
      int size = texts.size();
      int number = texts.add(utf8, from, to);
      weight += number == size ? to - from : 0;
      return number;
    }

    /** Adds a row by its text's number in texts that are always the same ones. */
    void add(int text, TextView from) {
      int number = known.get(text);
      if (number < 0) {
        number = number(from.bytes(), from.start(text), from.end(text));
        known.put(text, number);
      }
      numbers.add(number);
    }

    /** Bytes of the distinct texts. */
    long weight() {
      return weight;
    }

    int size() {
      return numbers.size();
    }

    void write(ByteWriter out) {
      out.putVarint(texts.size());
      for (int i = 0; i < texts.size(); i++) {
        int length = texts.end(i) - texts.start(i);
        out.putVarint(length);
        out.putBytes(texts.bytes(), texts.start(i), length);
      }
      numbers.write(out);
    }
  }

  private TextColumn() {}
}
