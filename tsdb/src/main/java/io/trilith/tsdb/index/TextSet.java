package io.trilith.tsdb.index;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** Distinct texts of several sources; each becomes a string once. Not thread-safe. */
public final class TextSet {
  /** The text's object, its places in tables and in the sorted set. */
  private static final int TEXT_BYTES = 140;

  private final LabelNumbers numbers = new LabelNumbers();
  private final int name = numbers.name("");
  private final LongConsumer charge;
  private int size;

  /** A set of nothing yet; the charge is told the bytes of each new text, and may throw. */
  public TextSet(LongConsumer charge) {
    this.charge = charge;
  }

  /** Adds a text in UTF-8. */
  public void add(byte[] bytes, int from, int to) {
    numbers.label(name, bytes, from, to);
    if (numbers.size() > size) {
      size = numbers.size();
      charge.accept(TEXT_BYTES + 2L * (to - from));
    }
  }

  /** All of them in order of {@link String#compareTo}. */
  public SortedSet<String> sorted() {
    String[] texts = numbers.values();
    Arrays.sort(texts);
    SortedSet<String> sorted = new TreeSet<>();
    Collections.addAll(sorted, texts);
    return sorted;
  }
}
