package io.trilith.tsdb.index;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** Distinct texts of several sources; each becomes a string once. Not thread-safe. */
public final class TextSet {
  private final LabelNumbers numbers = new LabelNumbers();
  private final int name = numbers.name("");

  /** Adds a text in UTF-8. */
  public void add(byte[] bytes, int from, int to) {
    numbers.label(name, bytes, from, to);
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
