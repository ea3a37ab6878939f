package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import java.util.Arrays;

/**
 * The series of a block, kept as they stand on disk (see {@link SeriesEncoder}) and decoded when
 * asked. Immutable; thread-safe.
 */
final class SeriesTable {
  private final String file;
  private final byte[] entries;
  private final int[] groups;
  private final LabelTable labels;
  private final BlockLayout layout;

  SeriesTable(ByteReader in, LabelTable labels, BlockLayout layout, String file) {
    this.file = file;
    this.labels = labels;
    this.layout = layout;
    int count = (layout.series() + MetricBlockFormat.GROUP - 1) / MetricBlockFormat.GROUP;
    if (count > in.remaining()) {
      throw in.corrupt(layout.series() + " series cannot fit in " + in.remaining() + " bytes");
    }
    this.groups = new int[count + 1];
    for (int i = 0; i < count; i++) {
      groups[i + 1] = groups[i] + in.getIndex(Integer.MAX_VALUE - groups[i]);
    }
    this.entries = in.getBytes(in.remaining());
    if (groups[count] != entries.length) {
      throw in.corrupt("groups of " + groups[count] + " bytes in " + entries.length);
    }
  }

  int weight() {
    return entries.length + 4 * groups.length;
  }

  Cursor cursor() {
    return new Cursor();
  }

  /** Goes from series to series, forward or not. Not thread-safe. */
  final class Cursor {
    private final Entries in = new Entries(0);
    private int number = -1;
    private int shape = -1;
    private boolean begun;
    private int[] values = new int[16];
    private String[] texts = new String[16];
    private int[] textOf = new int[16];
    private LabelTable.Values[] dictionaries = new LabelTable.Values[0];
    private long nextData;
    private int nextColumn;

    // Of the series that the cursor is at.
    private int chunksAt;
    private int chunkCount;
    private long data;
    private int column;

    /** Moves to a series. */
    void moveTo(int wanted) {
      int group = wanted / MetricBlockFormat.GROUP;
      if (number < 0 || wanted <= number || group != number / MetricBlockFormat.GROUP) {
        if (wanted == number) {
          return;
        }
        // The next group may be stepped into from the end of this one, but begins anew anyway.
        in.at = groups[group];
        nextData = in.varint();
        nextColumn = (int) in.varint();
        number = group * MetricBlockFormat.GROUP - 1;
        begun = false;
      }
      while (number < wanted) {
        step();
      }
    }

    private void step() {
      number++;
      long head = in.varint();
      if ((head & 1) != 0) {
        restart();
      } else {
        change(head >>> 1);
      }
      chunksAt = in.at;
      chunkCount = in.chunkCount();
      data = nextData;
      column = nextColumn;
      for (int i = 0; i < chunkCount; i++) {
        nextColumn += (int) in.zigzag() + 1;
        nextData += in.varint() >>> MetricBlockFormat.FLAG_BITS;
      }
    }

    private void restart() {
      long wanted = in.varint();
      if (wanted < 0 || wanted >= labels.shapeCount()) {
        throw in.corrupt("shape " + wanted);
      }
      if (wanted != shape) {
        shape = (int) wanted;
        int size = labels.shape(shape).length;
        if (values.length < size) {
          values = new int[size];
          texts = new String[size];
          textOf = new int[size];
        }
        Arrays.fill(textOf, -1);
        dictionaries = new LabelTable.Values[size];
      }
      begun = true;
      int[] names = labels.shape(shape);
      for (int i = 0; i < names.length; i++) {
        set(names, i, in.varint());
      }
    }

    private void set(int[] names, int place, long value) {
      if (value < 0 || value >= labels.valueCount(names[place])) {
        throw in.corrupt("value " + value + " of label " + labels.name(names[place]));
      }
      values[place] = (int) value;
    }

    private void change(long mask) {
      if (!begun) {
        throw in.corrupt("a group without a first series");
      }
      int[] names = labels.shape(shape);
      long rest = mask;
      while (rest != 0) {
        int fromEnd = Long.numberOfTrailingZeros(rest);
        rest &= rest - 1;
        int place = names.length - 1 - fromEnd;
        if (place < 0) {
          throw in.corrupt("a change of label " + fromEnd + " of " + names.length);
        }
        set(names, place, values[place] + in.zigzag());
      }
    }

    /** Which set of label names the series has. */
    int shape() {
      return shape;
    }

    /** The numbers of the label names of the series. */
    int[] names() {
      return labels.shape(shape);
    }

    /** The number of the value of the label at a place of {@link #names}. */
    int value(int place) {
      return values[place];
    }

    Labels labels() {
      int[] names = labels.shape(shape);
      String[] pairs = new String[2 * names.length];
      for (int i = 0; i < names.length; i++) {
        if (textOf[i] != values[i]) {
          if (dictionaries[i] == null) {
            dictionaries[i] = labels.values(names[i]);
          }
          texts[i] = dictionaries[i].at(values[i]);
          textOf[i] = values[i];
        }
        pairs[2 * i] = labels.name(names[i]);
        pairs[2 * i + 1] = texts[i];
      }
      return Labels.ofSorted(pairs);
    }

    /** Whether any chunk reaches into the range. */
    boolean overlaps(long min, long max) {
      Entries entry = new Entries(chunksAt);
      entry.varint();
      int shifted = column;
      for (int i = 0; i < chunkCount; i++) {
        shifted = entry.column(shifted);
        entry.varint();
        if (layout.min(shifted - 1) <= max && layout.max(shifted - 1) >= min) {
          return true;
        }
      }
      return false;
    }

    /** Where the chunks of the series are, to be read later. */
    Place place() {
      return new Place(chunksAt, data, column);
    }

    /** Where the series says how many chunks it has. */
    int chunksAt() {
      return chunksAt;
    }

    /** Where the first chunk is among all bytes of chunks. */
    long data() {
      return data;
    }

    /** The column of the chunk before the first, plus one. */
    int column() {
      return column;
    }
  }

  /**
   * Where the chunks of a series are: in the table, and among all bytes of chunks.
   *
   * @param column that of the chunk before the first, plus one
   */
  record Place(int at, long data, int column) {}

  /** Takes chunks. */
  interface ChunkVisitor {
    void accept(int column, int flags, long data, int length);
  }

  /** Goes through the chunks of a series that reach into a range. */
  void chunks(Place place, long min, long max, ChunkVisitor visitor) {
    Entries in = new Entries(place.at);
    int count = in.chunkCount();
    int shifted = place.column;
    long data = place.data;
    for (int i = 0; i < count; i++) {
      shifted = in.column(shifted);
      long word = in.varint();
      long length = word >>> MetricBlockFormat.FLAG_BITS;
      if (length > Integer.MAX_VALUE) {
        throw in.corrupt("a chunk of " + length + " bytes");
      }
      if (layout.min(shifted - 1) <= max && layout.max(shifted - 1) >= min) {
        int flags = (int) word & ((1 << MetricBlockFormat.FLAG_BITS) - 1);
        visitor.accept(shifted - 1, flags, data, (int) length);
      }
      data += length;
    }
  }

  /** A position in the entries. */
  private final class Entries {
    private int at;

    Entries(int at) {
      this.at = at;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= entries.length) {
          break;
        }
        byte b = entries[at++];
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw corrupt("a number is cut short");
    }

    long zigzag() {
      long value = varint();
      return (value >>> 1) ^ -(value & 1);
    }

    int chunkCount() {
      long count = varint();
      if (count < 0 || count > entries.length - at) {
        throw corrupt("a series of " + count + " chunks");
      }
      return (int) count;
    }

    /** The column of the next chunk, plus one, from that of the chunk before, plus one. */
    int column(int shifted) {
      long next = shifted + zigzag() + 1;
      if (next < 1 || next > layout.columns()) {
        throw corrupt("time column " + (next - 1));
      }
      return (int) next;
    }

    StorageException.Corrupt corrupt(String reason) {
      return new StorageException.Corrupt(file, at, "in the table of series: " + reason);
    }
  }
}
