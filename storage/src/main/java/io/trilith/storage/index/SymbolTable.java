package io.trilith.storage.index;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The distinct names and values of a block, numbered in order. Used in two steps: {@link #collect}
 * everything, then ask for numbers. Not thread-safe.
 *
 * <pre>
 * table  = count:varint string*                          sorted
 * labels = count:varint (name:varint value:varint)*      numbers in the table
 * </pre>
 */
public final class SymbolTable {
  private final TreeSet<String> texts = new TreeSet<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  public void collect(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      texts.add(labels.name(i));
      texts.add(labels.value(i));
    }
  }

  public int number(String text) {
    if (numbers.isEmpty()) {
      for (String one : texts) {
        numbers.put(one, numbers.size());
      }
    }
    Integer number = numbers.get(text);
    if (number == null) {
      throw new IllegalStateException("'" + text + "' was not collected");
    }
    return number;
  }

  public void write(ByteWriter out) {
    out.putVarint(texts.size());
    texts.forEach(out::putString);
  }

  public void putLabels(Labels labels, ByteWriter out) {
    out.putVarint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.putVarint(number(labels.name(i)));
      out.putVarint(number(labels.value(i)));
    }
  }

  /** The texts by number. */
  public static String[] read(ByteReader in) {
    String[] symbols = new String[in.getCount()];
    for (int i = 0; i < symbols.length; i++) {
      symbols[i] = in.getString();
    }
    return symbols;
  }

  public static Labels getLabels(ByteReader in, String[] symbols) {
    String[] pairs = new String[2 * in.getCount(2)];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = symbols[in.getIndex(symbols.length)];
      if (i > 1 && i % 2 == 0 && pairs[i - 2].compareTo(pairs[i]) >= 0) {
        throw in.corrupt("labels are not in order");
      }
    }
    return Labels.ofSorted(pairs);
  }
}
