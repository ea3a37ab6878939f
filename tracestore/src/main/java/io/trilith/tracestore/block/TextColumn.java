package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.chunk.Dictionary;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.TextView;

/** A column of texts by dictionary. */
final class TextColumn {
  /** Collects and writes one. Not thread-safe. */
  static final class Builder {
    private final Dictionary<String> texts = new Dictionary<>();
    private final LongColumn numbers = new LongColumn();
    private final IntNumbers known = new IntNumbers();

    void add(String text) {
      numbers.add(texts.add(text));
    }

    /** As above, by its number in texts; always the same ones. */
    void add(int text, TextView from) {
      int number = known.get(text);
      if (number < 0) {
        number = texts.add(from.string(text));
        known.put(text, number);
      }
      numbers.add(number);
    }

    int size() {
      return numbers.size();
    }

    void write(ByteWriter out) {
      out.putVarint(texts.values().size());
      texts.values().forEach(out::putString);
      numbers.write(out);
    }
  }

  private TextColumn() {}
}
