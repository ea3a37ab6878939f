package io.trilith.storage.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of name=value pairs, sorted by name in UTF-16 order, names unique, values never
 * empty (an empty value means "not there", as in Prometheus). Thread-safe.
 */
public final class Labels implements Comparable<Labels> {
  public static final String NAME = "__name__";
  public static final Labels EMPTY = new Labels(new String[0]);

  /** name0, value0, name1, value1, … */
  private final String[] pairs;

  private final int hash;

  private Labels(String[] pairs) {
    this.pairs = pairs;
    this.hash = Arrays.hashCode(pairs);
  }

  /**
   * Labels of alternating names and values, in any order. Throws IllegalArgumentException on a
   * repeated name.
   */
  public static Labels of(String... namesAndValues) {
    Builder builder = new Builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (builder.get(namesAndValues[i]) != null) {
        throw new IllegalArgumentException("label " + namesAndValues[i] + " is there twice");
      }
      builder.set(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }

  public static Labels of(Map<String, String> map) {
    Builder builder = new Builder();
    map.forEach(builder::set);
    return builder.build();
  }

  /**
   * Labels of pairs that are sorted by name, unique, and free of empty values already. Takes
   * ownership.
   */
  public static Labels ofSorted(String[] pairs) {
    assert sorted(pairs) : Arrays.toString(pairs);
    return pairs.length == 0 ? EMPTY : new Labels(pairs);
  }

  private static boolean sorted(String[] pairs) {
    for (int i = 2; i < pairs.length; i += 2) {
      if (pairs[i - 2].compareTo(pairs[i]) >= 0) {
        return false;
      }
    }
    return pairs.length % 2 == 0;
  }

  public int size() {
    return pairs.length / 2;
  }

  /** Bytes that the labels take in memory when they share names, and no values, with others. */
  public long bytes() {
    long bytes = 40;
    for (int i = 1; i < pairs.length; i += 2) {
      bytes += 56 + pairs[i].length();
    }
    return bytes;
  }

  public boolean isEmpty() {
    return pairs.length == 0;
  }

  public String name(int i) {
    return pairs[2 * i];
  }

  public String value(int i) {
    return pairs[2 * i + 1];
  }

  /** The value, or null when the name is not there. */
  public @Nullable String find(String name) {
    int low = 0;
    int high = size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = pairs[2 * middle].compareTo(name);
      if (order == 0) {
        return pairs[2 * middle + 1];
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /** The value, or the empty string when the name is not there. */
  public String get(String name) {
    String value = find(name);
    return value == null ? "" : value;
  }

  public boolean has(String name) {
    return find(name) != null;
  }

  /** Only the labels whose name the predicate accepts. */
  public Labels filter(Predicate<String> name) {
    List<String> kept = new ArrayList<>(pairs.length);
    for (int i = 0; i < pairs.length; i += 2) {
      if (name.test(pairs[i])) {
        kept.add(pairs[i]);
        kept.add(pairs[i + 1]);
      }
    }
    return kept.size() == pairs.length ? this : ofSorted(kept.toArray(String[]::new));
  }

  public Builder toBuilder() {
    Builder builder = new Builder();
    for (int i = 0; i < pairs.length; i += 2) {
      builder.set(pairs[i], pairs[i + 1]);
    }
    return builder;
  }

  public Map<String, String> toMap() {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Labels labels
        && hash == labels.hash
        && Arrays.equals(pairs, labels.pairs);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /**
   * By the first differing name, then by its value, then by length: Prometheus's order of series.
   */
  @Override
  public int compareTo(Labels other) {
    int shared = Math.min(pairs.length, other.pairs.length);
    for (int i = 0; i < shared; i++) {
      int order = pairs[i].compareTo(other.pairs[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(pairs.length, other.pairs.length);
  }

  /** {@code {a="x", b="y"}} with Go-style escapes. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < pairs.length; i += 2) {
      if (i > 0) {
        text.append(", ");
      }
      text.append(pairs[i]).append("=\"");
      for (int at = 0; at < pairs[i + 1].length(); at++) {
        char c = pairs[i + 1].charAt(at);
        switch (c) {
          case '"', '\\' -> text.append('\\').append(c);
          case '\n' -> text.append("\\n");
          default -> text.append(c);
        }
      }
      text.append('"');
    }
    return text.append('}').toString();
  }

  /**
   * Collects labels in any order; a later value replaces an earlier one, an empty value removes.
   * Not thread-safe.
   */
  public static final class Builder {
    /** Beyond this many labels, moving those behind a new one costs too much. */
    private static final int FLAT_MAX = 64;

    /** Sorted pairs; unused once {@link #many} is there. */
    private String[] flat = new String[16];

    private int size;
    private @Nullable TreeMap<String, String> many;

    public Builder set(String name, String value) {
      if (value.isEmpty()) {
        return remove(name);
      }
      TreeMap<String, String> map = many;
      if (map != null) {
        map.put(name, value);
        return this;
      }
      int place = place(name);
      if (place < size && flat[2 * place].equals(name)) {
        flat[2 * place + 1] = value;
      } else if (size == FLAT_MAX) {
        toMap().put(name, value);
      } else {
        insert(place, name, value);
      }
      return this;
    }

    private TreeMap<String, String> toMap() {
      TreeMap<String, String> map = new TreeMap<>();
      for (int i = 0; i < size; i++) {
        map.put(flat[2 * i], flat[2 * i + 1]);
      }
      many = map;
      return map;
    }

    private void insert(int place, String name, String value) {
      if (2 * size == flat.length) {
        flat = Arrays.copyOf(flat, 4 * size);
      }
      System.arraycopy(flat, 2 * place, flat, 2 * place + 2, 2 * (size - place));
      flat[2 * place] = name;
      flat[2 * place + 1] = value;
      size++;
    }

    /** Where a name is or would be. */
    private int place(String name) {
      int low = 0;
      int high = size;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (flat[2 * middle].compareTo(name) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    public Builder remove(String name) {
      TreeMap<String, String> map = many;
      if (map != null) {
        map.remove(name);
        return this;
      }
      int place = place(name);
      if (place < size && flat[2 * place].equals(name)) {
        size--;
        System.arraycopy(flat, 2 * place + 2, flat, 2 * place, 2 * (size - place));
      }
      return this;
    }

    public @Nullable String get(String name) {
      TreeMap<String, String> map = many;
      if (map != null) {
        return map.get(name);
      }
      int place = place(name);
      return place < size && flat[2 * place].equals(name) ? flat[2 * place + 1] : null;
    }

    public Labels build() {
      TreeMap<String, String> map = many;
      if (map == null) {
        return ofSorted(Arrays.copyOf(flat, 2 * size));
      }
      String[] sorted = new String[map.size() * 2];
      int at = 0;
      for (Map.Entry<String, String> pair : map.entrySet()) {
        sorted[at++] = pair.getKey();
        sorted[at++] = pair.getValue();
      }
      return ofSorted(sorted);
    }
  }
}
