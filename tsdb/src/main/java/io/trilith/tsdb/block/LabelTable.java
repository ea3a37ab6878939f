package io.trilith.tsdb.block;

import io.trilith.regex.SortedValues;
import io.trilith.regex.ValueBytes;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.TextSet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The label names and values of a block with the series that have each, kept as they stand on disk
 * and decoded when asked. Immutable; thread-safe.
 */
final class LabelTable {
  private final String file;
  private final byte[] values;
  private final byte[] postings;
  private final Name[] names;
  private final int[][] shapes;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final int seriesCount;

  /** Where the values of a name begin, every 16th, and where the lists of all end. */
  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  record Name(String text, int count, int[] restarts, int[] listEnds, int listStart) {}

  LabelTable(ByteReader labels, ByteReader lists, int seriesCount, String file) {
    this.file = file;
    this.seriesCount = seriesCount;
    int base = labels.position();
    int length = labels.remaining();
    this.values = labels.getBytes(length);
    this.postings = lists.getBytes(lists.remaining());
    ByteReader in = new ByteReader(ByteBuffer.wrap(values), file + " (labels)", base);
    this.names = new Name[in.getCount(2)];
    int listStart = 0;
    for (int i = 0; i < names.length; i++) {
      names[i] = readName(in, listStart);
      listStart = names[i].count == 0 ? listStart : names[i].listEnds[names[i].count - 1];
      numbers.put(names[i].text, i);
    }
    this.shapes = readShapes(in);
  }

  private Name readName(ByteReader in, int listStart) {
    String text = in.getString();
    int count = in.getCount(2);
    int[] restarts = new int[(count + MetricBlockFormat.RESTART - 1) / MetricBlockFormat.RESTART];
    int before = 0;
    for (int i = 0; i < count; i++) {
      boolean restart = i % MetricBlockFormat.RESTART == 0;
      if (restart) {
        restarts[i / MetricBlockFormat.RESTART] = in.position();
      }
      int shared = in.getIndex((restart ? 0 : before) + 1);
      int more = in.getCount();
      in.seek(in.position() + more);
      before = shared + more;
    }
    int[] ends = new int[count];
    int end = listStart;
    for (int i = 0; i < count; i++) {
      end += in.getIndex(postings.length - end + 1);
      ends[i] = end;
    }
    return new Name(text, count, restarts, ends, listStart);
  }

  private int[][] readShapes(ByteReader in) {
    int[][] read = new int[in.getCount()][];
    for (int i = 0; i < read.length; i++) {
      int[] shape = new int[in.getCount()];
      for (int j = 0; j < shape.length; j++) {
        shape[j] = in.getIndex(names.length);
        if (j > 0 && names[shape[j - 1]].text.compareTo(names[shape[j]].text) >= 0) {
          throw in.corrupt("labels are not in order");
        }
      }
      read[i] = shape;
    }
    return read;
  }

  int nameCount() {
    return names.length;
  }

  String name(int name) {
    return names[name].text;
  }

  /** The number of a label name, or -1. */
  int nameNumber(String text) {
    return numbers.getOrDefault(text, -1);
  }

  /** The names that the series of a shape have. */
  int[] shape(int shape) {
    return shapes[shape];
  }

  int shapeCount() {
    return shapes.length;
  }

  int valueCount(int name) {
    return names[name].count;
  }

  /** The values of a label, ascending by UTF-8 bytes. */
  Values values(int name) {
    return new Values(names[name]);
  }

  /** Values decoded one after the other. Not thread-safe. */
  final class Values implements SortedValues {
    private final Name name;
    private byte[] bytes = new byte[64];
    private int length;
    private int place = -1;
    private int next;

    Values(Name name) {
      this.name = name;
    }

    @Override
    public int size() {
      return name.count;
    }

    /** The value at a place, as text. */
    String at(int wanted) {
      moveTo(wanted);
      return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Adds the value at a place. */
    void addTo(int wanted, TextSet into) {
      moveTo(wanted);
      into.add(bytes, 0, length);
    }

    /** The number of the label with the value at a place, among those of several sources. */
    int number(int wanted, int ofName, LabelNumbers numbers) {
      moveTo(wanted);
      return numbers.label(ofName, bytes, 0, length);
    }

    private void moveTo(int wanted) {
      if (wanted == place) {
        return;
      }
      int restart = wanted / MetricBlockFormat.RESTART;
      if (place < 0 || wanted < place || restart != place / MetricBlockFormat.RESTART) {
        next = name.restarts[restart];
        length = 0;
        place = restart * MetricBlockFormat.RESTART - 1;
      }
      while (place < wanted) {
        int shared = varint();
        int more = varint();
        if (bytes.length < shared + more) {
          bytes = Arrays.copyOf(bytes, 2 * (shared + more));
        }
        System.arraycopy(values, next, bytes, shared, more);
        next += more;
        length = shared + more;
        place++;
      }
    }

    private int varint() {
      int value = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = values[next++];
        value |= (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
    }

    @Override
    public void read(int wanted, ValueBytes into) {
      moveTo(wanted);
      into.copy(bytes, 0, length);
    }

    /** The place of a value; negative when it is not there. */
    int find(String text) {
      return find(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int find(byte[] wanted) {
      if (name.count == 0) {
        return -1;
      }
      // First among those written whole, then inside of the run.
      int lowRun = 0;
      int highRun = name.restarts.length - 1;
      while (lowRun < highRun) {
        int middle = (lowRun + highRun + 1) >>> 1;
        if (compare(middle * MetricBlockFormat.RESTART, wanted) <= 0) {
          lowRun = middle;
        } else {
          highRun = middle - 1;
        }
      }
      int low = lowRun * MetricBlockFormat.RESTART;
      int high = Math.min(name.count, low + MetricBlockFormat.RESTART) - 1;
      for (int i = low; i <= high; i++) {
        int order = compare(i, wanted);
        if (order == 0) {
          return i;
        }
        if (order > 0) {
          return -i - 1;
        }
      }
      return -high - 2;
    }

    private int compare(int at, byte[] wanted) {
      moveTo(at);
      return Arrays.compareUnsigned(bytes, 0, length, wanted, 0, wanted.length);
    }
  }

  /** The series that satisfy all matchers; null stands for all series. */
  @Nullable BitSet find(List<Matcher> matchers) {
    BitSet found = null;
    List<Matcher> excluding = new ArrayList<>();
    for (Matcher matcher : matchers) {
      if (matcher.matches("")) {
        excluding.add(matcher);
        continue;
      }
      BitSet matching = union(matcher, true);
      if (found == null) {
        found = matching;
      } else {
        found.and(matching);
      }
      if (found.isEmpty()) {
        return found;
      }
    }
    // A matcher that accepts the empty value accepts series without the label: take away those that
    // fail it.
    for (Matcher matcher : excluding) {
      BitSet failing = union(matcher, false);
      if (!failing.isEmpty()) {
        if (found == null) {
          found = new BitSet(seriesCount);
          found.set(0, seriesCount);
        }
        found.andNot(failing);
      }
    }
    return found;
  }

  private BitSet union(Matcher matcher, boolean accepted) {
    BitSet union = new BitSet(seriesCount);
    int name = nameNumber(matcher.name());
    if (name < 0) {
      return union;
    }
    Values all = values(name);
    if (matcher.op() == (accepted ? Matcher.Op.EQUAL : Matcher.Op.NOT_EQUAL)) {
      int only = all.find(matcher.value());
      if (only >= 0) {
        addSeries(name, only, union);
      }
      return union;
    }
    if (matcher.regex() != null) {
      for (int value : matcher.places(all, accepted)) {
        addSeries(name, value, union);
      }
      return union;
    }
    for (int i = 0; i < all.size(); i++) {
      if (matcher.matches(all.at(i)) == accepted) {
        addSeries(name, i, union);
      }
    }
    return union;
  }

  /** Adds the series that have a value. */
  private void addSeries(int name, int value, BitSet into) {
    Postings list = new Postings(name, value);
    while (list.next()) {
      into.set(list.first, list.end);
    }
  }

  /** Whether any of the series has a name. */
  boolean intersects(int name, BitSet series) {
    for (int value = 0; value < names[name].count; value++) {
      if (intersects(name, value, series)) {
        return true;
      }
    }
    return false;
  }

  /** Whether any of the series has a value. */
  boolean intersects(int name, int value, BitSet series) {
    Postings list = new Postings(name, value);
    while (list.next()) {
      int found = series.nextSetBit(list.first);
      if (found < 0) {
        return false;
      }
      if (found < list.end) {
        return true;
      }
    }
    return false;
  }

  /** The runs of series that have a value. */
  private final class Postings {
    private final Name of;
    private int at;
    private final int listEnd;

    /** The run: from, and to without it. */
    private int first;

    private int end;

    Postings(int name, int value) {
      this.of = names[name];
      this.at = value == 0 ? of.listStart : of.listEnds[value - 1];
      this.listEnd = of.listEnds[value];
    }

    boolean next() {
      if (at >= listEnd) {
        return false;
      }
      long word = varint();
      long from = end + (word >>> 1);
      long run = (word & 1) == 0 ? 1 : varint() + 2;
      if (from + run > seriesCount || run < 0 || from < 0) {
        throw new StorageException.Corrupt(
            file, at, "a list of " + of.text + " names a series that is not there");
      }
      first = (int) from;
      end = (int) (from + run);
      return true;
    }

    private long varint() {
      long word = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = byteAt(at++, listEnd, shift);
        word |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return word;
        }
      }
    }
  }

  private byte byteAt(int at, int end, int shift) {
    if (at >= end || shift > 56) {
      throw new StorageException.Corrupt(file, at, "a list of series is cut short");
    }
    return postings[at];
  }

  /** Bytes on the heap. */
  int weight() {
    int weight = values.length + postings.length + 96 * names.length;
    for (Name name : names) {
      weight += 4 * (name.restarts.length + name.listEnds.length);
    }
    for (int[] shape : shapes) {
      weight += 16 + 4 * shape.length;
    }
    return weight;
  }
}
