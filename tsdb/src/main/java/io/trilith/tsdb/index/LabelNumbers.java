package io.trilith.tsdb.index;

import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Numbers the labels, name and value together, that one question meets in several sources: equal
 * labels have equal numbers, so that series of different sources are compared by numbers, and each
 * text is made once. Not thread-safe.
 */
public final class LabelNumbers {
  private final Map<String, Integer> nameNumbers = new HashMap<>();
  private final List<String> names = new ArrayList<>();

  /** A text's object and its places in the tables. */
  private static final int TEXT_BYTES = 80;

  private int size;
  private long bytes;
  private String[] values = new String[64];

  /** By label: the number of its name. */
  private int[] nameOf = new int[64];

  private int[] hashes = new int[64];

  /** Numbers plus one; 0 is free. Open addressing, at most half full. */
  private int[] slots = new int[128];

  /** How many labels have a number. */
  public int size() {
    return size;
  }

  /** Bytes that its texts and tables take, roughly. */
  public long bytes() {
    return bytes;
  }

  /** Forgets all numbers, and with them the texts. */
  public void reset() {
    nameNumbers.clear();
    names.clear();
    size = 0;
    bytes = 0;
    values = new String[64];
    nameOf = new int[64];
    hashes = new int[64];
    slots = new int[128];
  }

  /** The number of a name. */
  public int name(String text) {
    Integer known = nameNumbers.putIfAbsent(text, names.size());
    if (known != null) {
      return known;
    }
    names.add(text);
    return names.size() - 1;
  }

  /** The number of a label, given that of its name and its value in UTF-8. */
  public int label(int name, byte[] bytes, int from, int to) {
    return label(
        name, bytes, from, to, () -> new String(bytes, from, to - from, StandardCharsets.UTF_8));
  }

  /** As above, with the value's text for when it is new. */
  public int label(int name, byte[] bytes, int from, int to, Supplier<String> text) {
    int hash = KeyHash.of(bytes, from, to - from) + name * 0x9e3779b9;
    int mask = slots.length - 1;
    for (int slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      int number = slots[slot] - 1;
      if (hashes[number] == hash
          && nameOf[number] == name
          && isText(values[number], bytes, from, to)) {
        return number;
      }
    }
    return add(name, hash, text.get());
  }

  private static boolean isText(String text, byte[] bytes, int from, int to) {
    if (text.length() > to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return text.equals(new String(bytes, from, to - from, StandardCharsets.UTF_8));
      }
      if (i - from >= text.length() || text.charAt(i - from) != bytes[i]) {
        return false;
      }
    }
    return text.length() == to - from;
  }

  private int add(int name, int hash, String text) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
      nameOf = Arrays.copyOf(nameOf, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    int number = size++;
    bytes += TEXT_BYTES + (long) text.length();
    values[number] = text;
    nameOf[number] = name;
    hashes[number] = hash;
    slots = KeyHash.occupied(slots, hashes, size);
    return number;
  }

  /** Compares two labels by name, then value, as {@link Labels} does. */
  public int compare(int a, int b) {
    if (a == b) {
      return 0;
    }
    if (nameOf[a] != nameOf[b]) {
      return names.get(nameOf[a]).compareTo(names.get(nameOf[b]));
    }
    return values[a].compareTo(values[b]);
  }

  /** The values of all labels, by number. */
  String[] values() {
    return Arrays.copyOf(values, size);
  }

  /** The labels with the given numbers, which stand in order. */
  public Labels labels(int[] numbers, int count) {
    String[] pairs = new String[2 * count];
    for (int i = 0; i < count; i++) {
      pairs[2 * i] = names.get(nameOf[numbers[i]]);
      pairs[2 * i + 1] = values[numbers[i]];
    }
    return Labels.ofSorted(pairs);
  }
}
