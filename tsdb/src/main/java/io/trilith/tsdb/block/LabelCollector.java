package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.index.KeyHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the labels of a block's series while it is written: names, sets of names (shapes), and
 * the values of each name, which get their final, sorted numbers at the end. Not thread-safe.
 */
final class LabelCollector {
  /**
   * A label name and its values in order of appearance. Values are bytes end to end: a block may
   * have a million of them, and they are held while it is written.
   */
  private static final class Name {
    private final String text;
    private final ByteWriter values = new ByteWriter(64);
    private int[] ends = new int[16];
    private int count;

    /** Numbers plus one by hash; 0 is free. Open addressing, at most half full. */
    private int[] slots = new int[32];

    private int[] ranks = new int[0];

    /** Numbers of the values in their order. */
    private int[] sorted = new int[0];

    /** The number of the first value among the values of all names. */
    private int start;

    Name(String text) {
      this.text = text;
    }

    int number(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      int mask = slots.length - 1;
      int slot = KeyHash.of(utf8, 0, utf8.length) & mask;
      while (slots[slot] != 0) {
        int number = slots[slot] - 1;
        if (Arrays.equals(values.array(), from(number), ends[number], utf8, 0, utf8.length)) {
          return number;
        }
        slot = (slot + 1) & mask;
      }
      return add(utf8, slot);
    }

    private int add(byte[] utf8, int slot) {
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, count * 2);
      }
      values.putBytes(utf8);
      ends[count] = values.size();
      slots[slot] = ++count;
      if (count * 2 > slots.length) {
        grow();
      }
      return count - 1;
    }

    private void grow() {
      slots = new int[slots.length * 2];
      int mask = slots.length - 1;
      for (int number = 0; number < count; number++) {
        int slot = KeyHash.of(values.array(), from(number), ends[number] - from(number)) & mask;
        while (slots[slot] != 0) {
          slot = (slot + 1) & mask;
        }
        slots[slot] = number + 1;
      }
    }

    private int from(int number) {
      return number == 0 ? 0 : ends[number - 1];
    }

    private int compare(int a, int b) {
      byte[] all = values.array();
      return Arrays.compareUnsigned(all, from(a), ends[a], all, from(b), ends[b]);
    }

    void sort() {
      slots = new int[0];
      int[] order = new int[count];
      for (int i = 0; i < count; i++) {
        order[i] = i;
      }
      sort(order, new int[count]);
      sorted = order;
      ranks = new int[count];
      for (int i = 0; i < count; i++) {
        ranks[order[i]] = i;
      }
    }

    /** Merges runs of growing length; values mostly come in order, and then nothing moves. */
    private void sort(int[] order, int[] spare) {
      for (int run = 1; run < count; run *= 2) {
        for (int left = 0; left + run < count; left += 2 * run) {
          int middle = left + run;
          int end = Math.min(count, middle + run);
          if (compare(order[middle - 1], order[middle]) > 0) {
            merge(order, spare, left, middle, end);
          }
        }
      }
    }

    private void merge(int[] order, int[] spare, int left, int middle, int end) {
      System.arraycopy(order, left, spare, left, middle - left);
      int a = left;
      int b = middle;
      int to = left;
      while (a < middle) {
        order[to++] = b < end && compare(order[b], spare[a]) < 0 ? order[b++] : spare[a++];
      }
    }
  }

  private static final int PIECE = 1 << 16;

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
      valueCount += name.count;
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
   * Writes the names with their values, and the shapes, in pieces: values may be most of the heap.
   *
   * <pre>
   * names  = count:varint ( name:string valueCount:varint value* listLength:varint* )*
   * value  = shared:varint length:varint bytes        shared with the one before, 0 for each 16th
   * shapes = count:varint ( size:varint name:varint* )*
   * </pre>
   *
   * @param out empty; what is in it when it has the size of a piece, and at the end, is written
   * @param write takes what is in it so far
   */
  void write(int[] listLengths, ByteWriter out, Consumer<ByteWriter> write) {
    out.putVarint(names.size());
    for (Name name : names) {
      out.putString(name.text);
      out.putVarint(name.count);
      byte[] all = name.values.array();
      for (int i = 0; i < name.count; i++) {
        int from = name.from(name.sorted[i]);
        int to = name.ends[name.sorted[i]];
        int shared = 0;
        if (i % MetricBlockFormat.RESTART != 0) {
          int before = name.sorted[i - 1];
          shared =
              Math.max(
                  0, Arrays.mismatch(all, name.from(before), name.ends[before], all, from, to));
        }
        out.putVarint(shared);
        out.putVarint(to - from - shared);
        out.putBytes(all, from + shared, to - from - shared);
        pass(out, write);
      }
      for (int i = 0; i < name.count; i++) {
        out.putVarint(listLengths[name.start + i]);
        pass(out, write);
      }
    }
    out.putVarint(shapes.size());
    for (int[] shape : shapes) {
      out.putVarint(shape.length);
      for (int name : shape) {
        out.putVarint(name);
      }
      pass(out, write);
    }
    write.accept(out);
    out.clear();
  }

  private static void pass(ByteWriter out, Consumer<ByteWriter> write) {
    if (out.size() >= PIECE) {
      write.accept(out);
      out.clear();
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
