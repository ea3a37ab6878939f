package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the labels of a block's series while it is written: names, sets of names (shapes), and
 * the values of each name, which get their final, sorted numbers at the end. Not thread-safe.
 */
final class LabelCollector {
  /** A label name and its values in order of appearance. */
  private static final class Name {
    private final String text;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> values = new ArrayList<>();
    private int[] ranks = new int[0];
    private byte[][] sorted = new byte[0][];

    /** The number of the first value among the values of all names. */
    private int start;

    Name(String text) {
      this.text = text;
    }

    int number(String value) {
      Integer known = numbers.putIfAbsent(value, values.size());
      if (known != null) {
        return known;
      }
      values.add(value);
      return values.size() - 1;
    }

    void sort() {
      byte[][] utf8 = new byte[values.size()][];
      Integer[] order = new Integer[utf8.length];
      for (int i = 0; i < utf8.length; i++) {
        utf8[i] = values.get(i).getBytes(StandardCharsets.UTF_8);
        order[i] = i;
      }
      Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(utf8[a], utf8[b]));
      ranks = new int[utf8.length];
      sorted = new byte[utf8.length][];
      for (int i = 0; i < utf8.length; i++) {
        ranks[order[i]] = i;
        sorted[i] = utf8[order[i]];
      }
      numbers.clear();
      values.clear();
    }
  }

  private final List<Name> names = new ArrayList<>();
  private final Map<String, Integer> nameNumbers = new HashMap<>();
  private final List<int[]> shapes = new ArrayList<>();
  private final Map<List<String>, Integer> shapeNumbers = new HashMap<>();

  /** Per series: shape, then the value of each of its names, as numbered on the way. */
  private final ByteWriter series = new ByteWriter(1 << 12);

  private int seriesCount;
  private @Nullable Labels before;
  private int shapeBefore;
  private int[] valuesBefore = new int[16];
  private int valueCount;

  int seriesCount() {
    return seriesCount;
  }

  /** Takes the next series. */
  void add(Labels labels) {
    int shape = shape(labels);
    boolean same = before != null && shape == shapeBefore && seriesCount > 0;
    int[] of = shapes.get(shape);
    if (valuesBefore.length < of.length) {
      valuesBefore = new int[of.length * 2];
    }
    series.putVarint(shape);
    for (int i = 0; i < of.length; i++) {
      String value = labels.value(i);
      if (!(same && before != null && value.equals(before.value(i)))) {
        valuesBefore[i] = names.get(of[i]).number(value);
      }
      series.putVarint(valuesBefore[i]);
    }
    before = labels;
    shapeBefore = shape;
    seriesCount++;
  }

  private int shape(Labels labels) {
    if (before != null && sameNames(labels, before)) {
      return shapeBefore;
    }
    List<String> key = new ArrayList<>(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      key.add(labels.name(i));
    }
    Integer known = shapeNumbers.get(key);
    if (known != null) {
      return known;
    }
    int[] shape = new int[key.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] =
          nameNumbers.computeIfAbsent(
              key.get(i),
              text -> {
                names.add(new Name(text));
                return names.size() - 1;
              });
    }
    shapes.add(shape);
    shapeNumbers.put(key, shapes.size() - 1);
    return shapes.size() - 1;
  }

  private static boolean sameNames(Labels a, Labels b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!a.name(i).equals(b.name(i))) {
        return false;
      }
    }
    return true;
  }

  /** Gives all values their sorted numbers. After the last series. */
  void sort() {
    valueCount = 0;
    for (Name name : names) {
      name.sort();
      name.start = valueCount;
      valueCount += name.sorted.length;
    }
  }

  /** Takes what is known of one series. */
  interface Visitor {
    /**
     * One series.
     *
     * @param values of the shape's names, sorted numbers, valid during the call
     */
    void accept(int number, int shape, int[] values, int count);
  }

  /** Goes through all series in order. After {@link #sort}. */
  void forEach(Visitor visitor) {
    ByteReader in = new ByteReader(series.view(), "labels", 0);
    int[] values = new int[16];
    for (int number = 0; number < seriesCount; number++) {
      int shape = (int) in.getVarint();
      int[] of = shapes.get(shape);
      if (values.length < of.length) {
        values = new int[of.length * 2];
      }
      for (int i = 0; i < of.length; i++) {
        values[i] = names.get(of[i]).ranks[(int) in.getVarint()];
      }
      visitor.accept(number, shape, values, of.length);
    }
  }

  /**
   * Writes the names with their values, and the shapes.
   *
   * <pre>
   * names  = count:varint ( name:string valueCount:varint value* listLength:varint* )*
   * value  = shared:varint length:varint bytes        shared with the one before, 0 for each 16th
   * shapes = count:varint ( size:varint name:varint* )*
   * </pre>
   */
  void write(int[] listLengths, ByteWriter out) {
    out.putVarint(names.size());
    for (Name name : names) {
      out.putString(name.text);
      out.putVarint(name.sorted.length);
      for (int i = 0; i < name.sorted.length; i++) {
        byte[] value = name.sorted[i];
        int shared = 0;
        if (i % MetricBlockFormat.RESTART != 0) {
          shared = Math.max(0, Arrays.mismatch(name.sorted[i - 1], value));
        }
        out.putVarint(shared);
        out.putVarint(value.length - shared);
        out.putBytes(value, shared, value.length - shared);
      }
      for (int i = 0; i < name.sorted.length; i++) {
        out.putVarint(listLengths[name.start + i]);
      }
    }
    out.putVarint(shapes.size());
    for (int[] shape : shapes) {
      out.putVarint(shape.length);
      for (int name : shape) {
        out.putVarint(name);
      }
    }
  }

  /**
   * Writes the numbers of the series that have each value, and returns the length of each list.
   *
   * <pre>
   * list = ( gap:varint run:varint? )*       gap: distance from the end before, times 2, plus 1 with a run
   *                                          run: length - 2
   * </pre>
   */
  int[] writePostings(ByteWriter out) {
    int[] ends = new int[valueCount + 1];
    forEach(
        (number, shape, values, count) -> {
          int[] of = shapes.get(shape);
          for (int i = 0; i < count; i++) {
            ends[names.get(of[i]).start + values[i] + 1]++;
          }
        });
    for (int i = 0; i < valueCount; i++) {
      ends[i + 1] += ends[i];
    }
    int[] lists = new int[ends[valueCount]];
    forEach(
        (number, shape, values, count) -> {
          int[] of = shapes.get(shape);
          for (int i = 0; i < count; i++) {
            lists[ends[names.get(of[i]).start + values[i]]++] = number;
          }
        });
    int[] lengths = new int[valueCount];
    int from = 0;
    for (int value = 0; value < valueCount; value++) {
      int before = out.size();
      putList(lists, from, ends[value], out);
      lengths[value] = out.size() - before;
      from = ends[value];
    }
    return lengths;
  }

  private static void putList(int[] lists, int from, int to, ByteWriter out) {
    int next = 0;
    for (int i = from; i < to; ) {
      int end = i + 1;
      while (end < to && lists[end] == lists[end - 1] + 1) {
        end++;
      }
      long gap = (long) (lists[i] - next) << 1;
      if (end - i == 1) {
        out.putVarint(gap);
      } else {
        out.putVarint(gap | 1);
        out.putVarint(end - i - 2);
      }
      next = lists[end - 1] + 1;
      i = end;
    }
  }
}
