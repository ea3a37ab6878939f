package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.chunk.Dictionary;

/** A column of texts by dictionary. */
final class TextColumn {
  /** Collects and writes one. Not thread-safe. */
  static final class Builder {
    private final Dictionary<String> texts = new Dictionary<>();
    private final LongColumn numbers = new LongColumn();

    void add(String text) {
      numbers.add(texts.add(text));
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
