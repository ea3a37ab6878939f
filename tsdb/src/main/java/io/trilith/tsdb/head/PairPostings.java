package io.trilith.tsdb.head;

import io.trilith.regex.SortedValues;
import io.trilith.regex.ValueBytes;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.index.TextSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * For each label the series that have it, and for each name its labels. Labels with one series,
 * which most are that tell instances apart, take eight bytes. Added to by one thread under the
 * registry's lock.
 */
final class PairPostings {
  private static final int SEVERAL = -1;
  private static final int NONE = -2;

  /** Objects and containers of a bitmap. */
  private static final int BITMAP_BYTES = 160;

  private final PairTable pairs;
  private final Map<String, Integer> nameNumbers = new HashMap<>();
  private final List<Name> names = new ArrayList<>();

  /** By label: its only series, or {@link #SEVERAL}. */
  private int[] only = new int[8];

  private @Nullable RoaringBitmap[] several = new RoaringBitmap[8];
  private int seriesCount;
  private long bytes;

  /** The labels of one name. */
  private static final class Name {
    private final String text;
    private int[] labels = new int[2];
    private int size;

    /** The first labels in order of their values; behind the size when some were added. */
    private volatile int[] sorted = new int[0];

    Name(String text) {
      this.text = text;
    }

    void add(int label) {
      if (size == labels.length) {
        labels = Arrays.copyOf(labels, size * 2);
      }
      labels[size++] = label;
    }
  }

  PairPostings(PairTable pairs) {
    this.pairs = pairs;
  }

  /** Bytes of everything, roughly. */
  long bytes() {
    return bytes;
  }

  /** The number of a name, which gets one when it has none. */
  int nameNumber(String name) {
    Integer known = nameNumbers.get(name);
    if (known != null) {
      return known;
    }
    int number = names.size();
    nameNumbers.put(name, number);
    names.add(new Name(name));
    bytes += 200 + 2L * name.length();
    return number;
  }

  String name(int number) {
    return names.get(number).text;
  }

  /** Makes room for a label that was just added. */
  void addPair(int pair) {
    if (pair >= only.length) {
      only = Arrays.copyOf(only, pair * 2);
      several = Arrays.copyOf(several, pair * 2);
    }
    names.get(pairs.name(pair)).add(pair);
    only[pair] = NONE;
    bytes += 16;
  }

  /** Adds a series, greater than all before, to a label. */
  void add(int pair, int series) {
    RoaringBitmap bitmap = several[pair];
    if (bitmap != null) {
      bitmap.add(series);
      bytes += 2;
    } else if (only[pair] == NONE) {
      only[pair] = series;
    } else {
      several[pair] = RoaringBitmap.bitmapOf(only[pair], series);
      only[pair] = SEVERAL;
      bytes += BITMAP_BYTES;
    }
  }

  /** Says how many series there are. */
  void setSeriesCount(int count) {
    seriesCount = count;
  }

  /** How many series have a label. */
  int count(int pair) {
    RoaringBitmap bitmap = several[pair];
    return bitmap != null ? bitmap.getCardinality() : only[pair] == NONE ? 0 : 1;
  }

  /** Series of the label of a name that has the most. */
  int largest(String name) {
    Integer number = nameNumbers.get(name);
    int largest = 0;
    if (number != null) {
      Name of = names.get(number);
      for (int i = 0; i < of.size; i++) {
        largest = Math.max(largest, count(of.labels[i]));
      }
    }
    return largest;
  }

  private void addTo(int pair, RoaringBitmap into) {
    RoaringBitmap bitmap = several[pair];
    if (bitmap != null) {
      into.or(bitmap);
    } else if (only[pair] != NONE) {
      into.add(only[pair]);
    }
  }

  /** Whether any of the series, null for all, has a label. */
  private boolean intersects(int pair, @Nullable RoaringBitmap series) {
    if (series == null) {
      return only[pair] != NONE;
    }
    RoaringBitmap bitmap = several[pair];
    return bitmap == null ? series.contains(only[pair]) : RoaringBitmap.intersects(bitmap, series);
  }

  /** The series that satisfy all matchers; the caller owns the answer. */
  RoaringBitmap find(List<Matcher> matchers) {
    RoaringBitmap found = null;
    List<Matcher> excluding = new ArrayList<>();
    for (Matcher matcher : matchers) {
      if (matcher.matches("")) {
        excluding.add(matcher);
        continue;
      }
      RoaringBitmap matching = union(matcher, true);
      if (found == null) {
        found = matching;
      } else {
        found.and(matching);
      }
      if (found.isEmpty()) {
        return found;
      }
    }
    RoaringBitmap result = found;
    if (result == null) {
      result = new RoaringBitmap();
      result.add(0L, seriesCount);
    }
    // A matcher that accepts the empty value accepts series without the label: take away those
    // that fail it.
    for (Matcher matcher : excluding) {
      result.andNot(union(matcher, false));
    }
    return result;
  }

  private RoaringBitmap union(Matcher matcher, boolean accepted) {
    RoaringBitmap union = new RoaringBitmap();
    Integer name = nameNumbers.get(matcher.name());
    if (name == null) {
      return union;
    }
    int[] sorted = sorted(names.get(name));
    if (accepted && matcher.op() == Matcher.Op.EQUAL) {
      int at = search(sorted, matcher.value());
      if (at >= 0) {
        addTo(sorted[at], union);
      }
      return union;
    }
    if (matcher.regex() != null) {
      for (int place : matcher.places(new Values(sorted), accepted)) {
        addTo(sorted[place], union);
      }
      return union;
    }
    for (int pair : sorted) {
      if (matcher.matches(pairs.value(pair)) == accepted) {
        addTo(pair, union);
      }
    }
    return union;
  }

  /** The values of a name, for regular expressions. */
  private final class Values implements SortedValues {
    private final int[] sorted;

    Values(int[] sorted) {
      this.sorted = sorted;
    }

    @Override
    public int size() {
      return sorted.length;
    }

    @Override
    public void read(int place, ValueBytes into) {
      pairs.value(sorted[place], into);
    }

    @Override
    public int find(byte[] utf8) {
      return search(sorted, new String(utf8, StandardCharsets.UTF_8));
    }
  }

  /** The place of a value, or {@code -(place of the first greater one) - 1}. */
  private int search(int[] sorted, String value) {
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = pairs.value(sorted[middle]).compareTo(value);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  /** The labels of a name in order of their values. Threads may ask at once. */
  private int[] sorted(Name name) {
    int[] known = name.sorted;
    if (known.length == name.size) {
      return known;
    }
    Integer[] boxed = new Integer[name.size];
    for (int i = 0; i < boxed.length; i++) {
      boxed[i] = name.labels[i];
    }
    // Nearly sorted input, what came before and what is new, costs little here.
    for (int i = 0; i < known.length; i++) {
      boxed[i] = known[i];
    }
    Arrays.sort(boxed, (a, b) -> pairs.value(a).compareTo(pairs.value(b)));
    int[] sorted = new int[boxed.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = boxed[i];
    }
    name.sorted = sorted;
    return sorted;
  }

  /** Compares two different labels by name, then value. */
  int compare(int a, int b) {
    int nameA = pairs.name(a);
    int nameB = pairs.name(b);
    return nameA == nameB
        ? pairs.value(a).compareTo(pairs.value(b))
        : name(nameA).compareTo(name(nameB));
  }

  /**
   * By label: its rank by name, then value. Labels of series compare as the ranks one after the
   * other do.
   */
  int[] ranks() {
    List<Name> ordered = new ArrayList<>(names);
    ordered.sort((a, b) -> a.text.compareTo(b.text));
    int[] ranks = new int[pairs.size()];
    int next = 0;
    for (Name name : ordered) {
      for (int pair : sorted(name)) {
        ranks[pair] = next++;
      }
    }
    return ranks;
  }

  /** What makes the series many; times are for the caller to fill in. */
  Cardinality cardinality(int limit) {
    Largest byMetric = new Largest(limit);
    Largest byLabel = new Largest(limit);
    Largest values = new Largest(limit);
    Largest valueBytes = new Largest(limit);
    for (Name name : names) {
      long total = 0;
      boolean isMetric = name.text.equals(Labels.NAME);
      for (int i = 0; i < name.size; i++) {
        int pair = name.labels[i];
        int count = count(pair);
        total += pairs.length(pair);
        if (isMetric && byMetric.takes(count)) {
          byMetric.add(pairs.value(pair), count);
        }
        if (byLabel.takes(count)) {
          byLabel.add(name.text + "=" + pairs.value(pair), count);
        }
      }
      values.add(name.text, name.size);
      valueBytes.add(name.text, total);
    }
    return new Cardinality(
        seriesCount,
        pairs.size(),
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        byMetric.descending(),
        values.descending(),
        valueBytes.descending(),
        byLabel.descending());
  }

  /** How many names there are. */
  int nameCount() {
    return names.size();
  }

  /** The number of a name, or -1. */
  int find(String name) {
    return nameNumbers.getOrDefault(name, -1);
  }

  /** How many values a name has. */
  int valueCount(int number) {
    return names.get(number).size;
  }

  private boolean intersects(Name name, @Nullable RoaringBitmap series) {
    for (int i = 0; i < name.size; i++) {
      if (intersects(name.labels[i], series)) {
        return true;
      }
    }
    return false;
  }

  /** Adds the label names that any of the series, null for all, has. */
  void addNames(@Nullable RoaringBitmap series, SortedSet<String> into) {
    for (Name name : names) {
      if (!into.contains(name.text) && intersects(name, series)) {
        into.add(name.text);
      }
    }
  }

  /** Adds the values of a label that any of the series, null for all, has. */
  void addValues(int number, @Nullable RoaringBitmap series, TextSet into) {
    Name name = names.get(number);
    for (int i = 0; i < name.size; i++) {
      if (intersects(name.labels[i], series)) {
        pairs.addTo(name.labels[i], into);
      }
    }
  }
}
