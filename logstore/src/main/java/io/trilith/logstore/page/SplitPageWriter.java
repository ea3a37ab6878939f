package io.trilith.logstore.page;

import io.trilith.logstore.EntryCursor;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gathers entries of one stream in order of time and writes them as a split page, see {@code
 * docs/formats/log-block.md}. Used for one page after another; close it. Not thread-safe.
 */
public final class SplitPageWriter implements AutoCloseable {
  /** A page is closed once its lines have this size. */
  public static final int LINE_BYTES = Integer.getInteger("trilith.page", 512 << 10);

  /** Entries per page at most. */
  public static final int ENTRIES_MAX = 16 << 10;

  /** Lines of one template below which it does not pay. */
  private static final int ROWS_MIN = 8;

  private static final int SHAPES_MAX = 1 << 12;
  static final byte[] WHOLE = {0};

  private final Codec codec = new Codec();
  private final PageFilter.Builder filter = new PageFilter.Builder();
  private final ColumnEncoder columns = new ColumnEncoder(codec, filter);
  private final LineSplitter splitter = new LineSplitter(new QuotedValues());

  private final Bytes data = new Bytes();
  private long[] times = new long[1 << 10];
  private int[] shapeOf = new int[1 << 10];
  private int[] slotsAt = new int[1 << 10];
  private int[] lineStart = new int[1 << 10];
  private int[] lineEnd = new int[1 << 10];
  private int[] slotStart = new int[1 << 13];
  private int[] slotEnd = new int[1 << 13];
  private int slotCount;
  private int count;
  private long lineBytes;

  private final List<Shape> shapes = new ArrayList<>();
  private int[] table = new int[SHAPES_MAX * 4];
  private final Map<List<String>, Integer> nameSets = new HashMap<>();
  private List<String> lastNames = List.of();
  private int lastNameSet;

  /** Template and names of metadata that some lines have in common. */
  private static final class Shape {
    final byte[] template;
    final List<String> names;
    final int nameSet;
    final int slots;
    final long hash;
    int rows;
    int number = -1;

    Shape(byte[] template, int slots, List<String> names, int nameSet, long hash) {
      this.template = template;
      this.slots = slots;
      this.names = names;
      this.nameSet = nameSet;
      this.hash = hash;
    }
  }

  /** What a finished page consists of: the lengths of its parts, which stand one after another. */
  public record Written(int filterLength, int timesLength, int headLength, int length) {}

  public SplitPageWriter() {
    Arrays.fill(table, -1);
    nameSets.put(List.of(), 0);
  }

  @Override
  public void close() {
    codec.close();
  }

  public int count() {
    return count;
  }

  public long minTime() {
    return times[0];
  }

  public long maxTime() {
    return times[count - 1];
  }

  public long lineBytes() {
    return lineBytes;
  }

  public boolean isFull() {
    return lineBytes >= LINE_BYTES || count >= ENTRIES_MAX;
  }

  /** Adds an entry that is not earlier than the one before. */
  public void add(EntryCursor entry) {
    if (count == times.length) {
      times = Arrays.copyOf(times, count * 2);
      shapeOf = Arrays.copyOf(shapeOf, count * 2);
      slotsAt = Arrays.copyOf(slotsAt, count * 2);
      lineStart = Arrays.copyOf(lineStart, count * 2);
      lineEnd = Arrays.copyOf(lineEnd, count * 2);
    }
    int from = data.size;
    int length = entry.lineEnd() - entry.lineStart();
    data.put(entry.lineArray(), entry.lineStart(), length);
    times[count] = entry.timestamp();
    lineStart[count] = from;
    lineEnd[count] = data.size;
    lineBytes += length;
    boolean split = splitter.split(data.array, from, data.size);
    int slots = split ? splitter.slots : 1;
    slotsAt[count] = slotCount;
    reserveSlots(slots);
    if (split) {
      System.arraycopy(splitter.starts, 0, slotStart, slotCount, slots);
      System.arraycopy(splitter.ends, 0, slotEnd, slotCount, slots);
      slotCount += slots;
    } else {
      putSlot(from, data.size);
    }
    List<String> names = addMetadata(entry.metadata());
    int shape =
        split ? shape(splitter.template.array, splitter.template.size, slots, names) : whole(names);
    if (shape < 0) {
      shape = whole(names);
      moveToWhole(count, slots);
    }
    shapes.get(shape).rows++;
    shapeOf[count++] = shape;
  }

  private void reserveSlots(int more) {
    if (slotStart.length - slotCount < more) {
      int capacity = Math.max(slotCount + more, slotStart.length * 2);
      slotStart = Arrays.copyOf(slotStart, capacity);
      slotEnd = Arrays.copyOf(slotEnd, capacity);
    }
  }

  private void putSlot(int from, int to) {
    reserveSlots(1);
    slotStart[slotCount] = from;
    slotEnd[slotCount++] = to;
  }

  /** Puts the whole line into the first of an entry's slots; those of its metadata come after. */
  private void moveToWhole(int entry, int lineSlots) {
    int at = slotsAt[entry];
    if (lineSlots == 0) {
      // No place was kept: the entry's slots go behind all others.
      int end =
          entry == count ? slotCount : slotsAt[entry] + shapes.get(shapeOf[entry]).names.size();
      int metadata = end - at;
      reserveSlots(metadata + 1);
      slotsAt[entry] = slotCount;
      slotStart[slotCount] = lineStart[entry];
      slotEnd[slotCount++] = lineEnd[entry];
      System.arraycopy(slotStart, at, slotStart, slotCount, metadata);
      System.arraycopy(slotEnd, at, slotEnd, slotCount, metadata);
      slotCount += metadata;
      return;
    }
    slotsAt[entry] = at + lineSlots - 1;
    slotStart[at + lineSlots - 1] = lineStart[entry];
    slotEnd[at + lineSlots - 1] = lineEnd[entry];
  }

  private List<String> addMetadata(Labels labels) {
    int size = labels.size();
    boolean same = size == lastNames.size();
    for (int i = 0; same && i < size; i++) {
      same = lastNames.get(i).equals(labels.name(i));
    }
    if (!same) {
      String[] names = new String[size];
      for (int i = 0; i < size; i++) {
        names[i] = labels.name(i);
      }
      lastNames = List.of(names);
      lastNameSet = nameSets.computeIfAbsent(lastNames, names1 -> nameSets.size());
    }
    for (int i = 0; i < size; i++) {
      int from = data.size;
      byte[] value = labels.value(i).getBytes(StandardCharsets.UTF_8);
      data.put(value, 0, value.length);
      putSlot(from, data.size);
    }
    return lastNames;
  }

  private int whole(List<String> names) {
    int shape = find(WHOLE, 1, hash(WHOLE, 1));
    return shape >= 0 ? shape : create(WHOLE, 1, 1, names);
  }

  private long hash(byte[] template, int size) {
    return Runs.hashAll(template, 0, size) + lastNameSet * 0x9e3779b97f4a7c15L;
  }

  /** The shape of a template with the present names; -1 when there are too many. */
  private int shape(byte[] template, int size, int slots, List<String> names) {
    int shape = find(template, size, hash(template, size));
    if (shape >= 0 || shapes.size() >= SHAPES_MAX) {
      return shape;
    }
    return create(template, size, slots, names);
  }

  private int find(byte[] template, int size, long hash) {
    int mask = table.length - 1;
    for (int at = (int) hash & mask; table[at] >= 0; at = (at + 1) & mask) {
      Shape shape = shapes.get(table[at]);
      if (shape.hash == hash
          && shape.nameSet == lastNameSet
          && Arrays.equals(shape.template, 0, shape.template.length, template, 0, size)) {
        return table[at];
      }
    }
    return -1;
  }

  private int create(byte[] template, int size, int slots, List<String> names) {
    long hash = hash(template, size);
    // Shapes of whole lines come in addition to the limit: one for each set of names.
    if (shapes.size() * 2 >= table.length) {
      grow();
    }
    int mask = table.length - 1;
    int at = (int) hash & mask;
    while (table[at] >= 0) {
      at = (at + 1) & mask;
    }
    table[at] = shapes.size();
    shapes.add(new Shape(Arrays.copyOf(template, size), slots, names, lastNameSet, hash));
    return shapes.size() - 1;
  }

  private void grow() {
    table = new int[table.length * 2];
    Arrays.fill(table, -1);
    int mask = table.length - 1;
    for (int i = 0; i < shapes.size(); i++) {
      int at = (int) shapes.get(i).hash & mask;
      while (table[at] >= 0) {
        at = (at + 1) & mask;
      }
      table[at] = i;
    }
  }

  /** Appends the page and forgets what was added. There must be an entry. */
  public Written finish(ByteWriter out) {
    int start = out.size();
    foldRareShapes();
    int[][] rows = rowsByShape();
    ByteWriter body = new ByteWriter(1 << 16);
    ByteWriter head = new ByteWriter(1 << 12);
    int kept = 0;
    for (int[] row : rows) {
      kept += row.length > 0 ? 1 : 0;
    }
    head.putVarint(kept);
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length > 0) {
        putShape(shapes.get(i), rows[i], head, body);
      }
    }
    putShapeNumbers(head);
    ByteWriter filterBytes = new ByteWriter(1 << 12);
    filter.finish(filterBytes);
    ByteWriter timesBytes = new ByteWriter(1 << 12);
    codec.putInts(times, count, null, timesBytes);
    ByteWriter headBytes = new ByteWriter(1 << 12);
    codec.putBlob(head.array(), 0, head.size(), headBytes);
    int filterLength = putPart(filterBytes, out);
    int timesLength = putPart(timesBytes, out);
    int headLength = putPart(headBytes, out);
    out.putBytes(body.view());
    clear();
    return new Written(filterLength, timesLength, headLength, out.size() - start);
  }

  private static int putPart(ByteWriter part, ByteWriter out) {
    int start = out.size();
    out.putBytes(part.view());
    out.putInt(Crc.of(part.array(), 0, part.size()));
    return out.size() - start;
  }

  private void foldRareShapes() {
    for (int entry = 0; entry < count; entry++) {
      Shape shape = shapes.get(shapeOf[entry]);
      if (shape.rows < ROWS_MIN && !Arrays.equals(shape.template, WHOLE)) {
        moveToWhole(entry, shape.slots);
        lastNameSet = shape.nameSet;
        lastNames = shape.names;
        int whole = whole(shape.names);
        shapes.get(whole).rows++;
        shapeOf[entry] = whole;
      }
    }
  }

  private int[][] rowsByShape() {
    int[] counts = new int[shapes.size()];
    for (int entry = 0; entry < count; entry++) {
      counts[shapeOf[entry]]++;
    }
    int[][] rows = new int[shapes.size()][];
    int number = 0;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new int[counts[i]];
      shapes.get(i).number = counts[i] > 0 ? number++ : -1;
      counts[i] = 0;
    }
    for (int entry = 0; entry < count; entry++) {
      int shape = shapeOf[entry];
      rows[shape][counts[shape]++] = entry;
    }
    return rows;
  }

  private void putShapeNumbers(ByteWriter head) {
    long[] numbers = new long[count];
    for (int entry = 0; entry < count; entry++) {
      numbers[entry] = shapes.get(shapeOf[entry]).number;
    }
    codec.putPlain(numbers, count, head);
  }

  private void putShape(Shape shape, int[] rows, ByteWriter head, ByteWriter body) {
    head.putVarint(rows.length);
    head.putVarint(shape.template.length);
    head.putBytes(shape.template);
    head.putVarint(shape.names.size());
    shape.names.forEach(head::putString);
    addLiterals(shape.template);
    int slots = shape.slots + shape.names.size();
    int[] from = new int[rows.length];
    int[] to = new int[rows.length];
    long[] rowTimes = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      rowTimes[i] = times[rows[i]];
    }
    for (int slot = 0; slot < slots; slot++) {
      int same = sameAs(slot, rows);
      head.putVarint(same + 1L);
      if (same >= 0) {
        continue;
      }
      for (int i = 0; i < rows.length; i++) {
        int at = slotsAt[rows[i]] + slot;
        from[i] = slotStart[at];
        to[i] = slotEnd[at];
      }
      int start = body.size();
      columns.encode(data.array, from, to, rows.length, rowTimes, body);
      body.putInt(Crc.of(body.array(), start, body.size() - start));
      int charset = 0;
      for (int i = 0; i < rows.length && charset != 0xff; i++) {
        charset |= Runs.charset(data.array, from[i], to[i]);
      }
      head.putByte(charset);
      head.putVarint(body.size() - start);
    }
  }

  private void addLiterals(byte[] template) {
    int from = 0;
    for (int i = 0; i <= template.length; i++) {
      if (i == template.length || template[i] == 0) {
        filter.add(template, from, i);
        from = i + 1;
      }
    }
  }

  /** An earlier place that has the same value in each row, -1 when none has. */
  private int sameAs(int slot, int[] rows) {
    for (int other = 0; other < slot; other++) {
      boolean same = equal(rows[rows.length - 1], slot, other);
      for (int i = 0; same && i < rows.length; i++) {
        same = equal(rows[i], slot, other);
      }
      if (same) {
        return other;
      }
    }
    return -1;
  }

  private boolean equal(int entry, int slot, int other) {
    int a = slotsAt[entry] + slot;
    int b = slotsAt[entry] + other;
    return Arrays.equals(
        data.array, slotStart[a], slotEnd[a], data.array, slotStart[b], slotEnd[b]);
  }

  private void clear() {
    data.size = 0;
    slotCount = 0;
    count = 0;
    lineBytes = 0;
    shapes.clear();
    Arrays.fill(table, -1);
    if (nameSets.size() > 1000) {
      nameSets.clear();
      nameSets.put(List.of(), 0);
      lastNames = List.of();
      lastNameSet = 0;
    }
  }
}
