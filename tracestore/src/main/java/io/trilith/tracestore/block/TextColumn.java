package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
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

  private final String[] texts;
  private final long[] numbers;

  static final TextColumn EMPTY = new TextColumn(new String[0], new long[0]);

  private TextColumn(String[] texts, long[] numbers) {
    this.texts = texts;
    this.numbers = numbers;
  }

  static TextColumn read(ByteReader in, int rows) {
    String[] texts = new String[in.getCount()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = in.getString();
    }
    long[] numbers = LongColumn.read(in, rows);
    for (long number : numbers) {
      if (number < 0 || number >= texts.length) {
        throw in.corrupt("text " + number + " of " + texts.length);
      }
    }
    return new TextColumn(texts, numbers);
  }

  int rows() {
    return numbers.length;
  }

  String get(int row) {
    return texts[(int) numbers[row]];
  }
}
