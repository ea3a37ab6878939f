package io.trilith.ingest.logs;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The structured metadata of one entry, in order of the names; values stay bytes, of a request's
 * body as a rule. Filled anew for each entry of a request: nothing is made for a pair whose name
 * came before. Not thread-safe.
 */
final class EntryMetadata {
  /** Names as they came that are compared with before a text is made of one. */
  private static final int WIRE_NAMES = 16;

  /** Distinct names of all entries that are kept; then they are made again. */
  private static final int NAMES_KEPT = 4096;

  /** A name as a label's, once per request: compared by identity. */
  static final class Name {
    private final String text;
    private final byte[] bytes;

    Name(String text) {
      this.text = text;
      this.bytes = text.getBytes(StandardCharsets.UTF_8);
    }

    String text() {
      return text;
    }
  }

  private final Map<String, Name> byText = new HashMap<>();
  private final byte[][] wire = new byte[WIRE_NAMES][];
  private final Name[] wireNames = new Name[WIRE_NAMES];
  private int wireCount;

  private Name[] names = new Name[8];
  private byte[][] arrays = new byte[8][];
  private int[] starts = new int[8];
  private int[] ends = new int[8];
  private final int sizeMax;
  private final long bytesMax;
  private int size;

  /** Pairs that were not taken in any more. */
  private int beyond;

  /**
   * Metadata of one entry after the other.
   *
   * @param sizeMax of more pairs than this the rest is counted and not held
   * @param bytesMax names and values that are longer than this are refused whatever they are
   */
  EntryMetadata(int sizeMax, long bytesMax) {
    this.sizeMax = sizeMax;
    this.bytesMax = bytesMax;
  }

  void clear() {
    size = 0;
    beyond = 0;
    if (byText.size() > NAMES_KEPT) {
      byText.clear();
      wireCount = 0;
    }
  }

  /** How many pairs there are, those that are not held too. */
  int size() {
    return size + beyond;
  }

  String name(int i) {
    return names[i].text;
  }

  String value(int i) {
    return new String(arrays[i], starts[i], ends[i] - starts[i], StandardCharsets.UTF_8);
  }

  /** The value of a name, null when it has none. */
  @Nullable String value(String name) {
    for (int i = 0; i < size; i++) {
      if (names[i].text.equals(name)) {
        return value(i);
      }
    }
    return null;
  }

  /** Bytes of all names and values. */
  long bytes() {
    long bytes = 0;
    for (int i = 0; i < size; i++) {
      bytes += names[i].bytes.length + ends[i] - starts[i];
    }
    return bytes;
  }

  /** Sets a name to a value; an empty one removes it. */
  void set(String name, String value) {
    if (size == sizeMax) {
      beyond++;
      return;
    }
    byte[] bytes = LogCollector.utf8(value);
    set(name(name), bytes, 0, bytes.length);
  }

  /** Sets a name as it came, to be made a label's, to a value as it came. */
  void set(byte[] body, int name, int nameEnd, int value, int valueEnd) {
    if (size == sizeMax) {
      beyond++;
      return;
    }
    setWire(name(body, name, nameEnd), body, value, valueEnd);
  }

  /** Sets a name of this metadata to a value as it came; the array is not to be changed. */
  void setWire(Name known, byte[] body, int value, int valueEnd) {
    if (size == sizeMax) {
      beyond++;
      return;
    }
    for (int i = value; i < valueEnd && valueEnd - value <= bytesMax; i++) {
      if (body[i] < 0) {
        // It may be no UTF-8, which is replaced then.
        byte[] valid =
            new String(body, value, valueEnd - value, StandardCharsets.UTF_8)
                .getBytes(StandardCharsets.UTF_8);
        set(known, valid, 0, valid.length);
        return;
      }
    }
    set(known, body, value, valueEnd);
  }

  /** Sets a name to a value unless it has one. */
  void setIfAbsent(String name, String value) {
    if (value(name) == null) {
      set(name, value);
    }
  }

  /** The metadata as labels, made anew. */
  Labels labels() {
    String[] pairs = new String[2 * size];
    for (int i = 0; i < size; i++) {
      pairs[2 * i] = name(i);
      pairs[2 * i + 1] = value(i);
    }
    return Labels.ofSorted(pairs);
  }

  /** Says what is to stand instead of the value {@code from <= i < to}; null when it stays. */
  @FunctionalInterface
  interface Rewrite {
    byte @Nullable [] of(byte[] value, int from, int to);
  }

  /** Gives values another text. */
  void rewrite(Rewrite rewrite) {
    for (int i = size - 1; i >= 0; i--) {
      byte[] next = rewrite.of(arrays[i], starts[i], ends[i]);
      if (next != null) {
        set(names[i], next, 0, next.length);
      }
    }
  }

  private Name name(String text) {
    return byText.computeIfAbsent(text, Name::new);
  }

  /** A name as it came, made a label's. */
  Name name(byte[] body, int from, int to) {
    for (int i = 0; i < wireCount; i++) {
      if (Arrays.equals(wire[i], 0, wire[i].length, body, from, to)) {
        return wireNames[i];
      }
    }
    int length = (int) Math.min(to - from, bytesMax + 1);
    String text = new String(body, from, length, StandardCharsets.UTF_8);
    Name name = name(StreamRules.sanitize(text));
    if (wireCount < WIRE_NAMES) {
      wire[wireCount] = Arrays.copyOfRange(body, from, to);
      wireNames[wireCount++] = name;
    }
    return name;
  }

  private void set(Name name, byte[] array, int from, int to) {
    int place = size;
    while (place > 0 && names[place - 1].text.compareTo(name.text) >= 0) {
      place--;
    }
    boolean there = place < size && names[place] == name;
    if (from == to) {
      if (there) {
        move(place + 1, place, size - place - 1);
        size--;
      }
      return;
    }
    if (!there) {
      if (size == names.length) {
        names = Arrays.copyOf(names, size * 2);
        arrays = Arrays.copyOf(arrays, size * 2);
        starts = Arrays.copyOf(starts, size * 2);
        ends = Arrays.copyOf(ends, size * 2);
      }
      move(place, place + 1, size - place);
      size++;
    }
    names[place] = name;
    arrays[place] = array;
    starts[place] = from;
    ends[place] = to;
  }

  private void move(int from, int to, int count) {
    System.arraycopy(names, from, names, to, count);
    System.arraycopy(arrays, from, arrays, to, count);
    System.arraycopy(starts, from, starts, to, count);
    System.arraycopy(ends, from, ends, to, count);
  }

  /** Writes it as batches hold it: the count, then each name and value behind its length. */
  void put(ByteWriter out) {
    out.putVarint(size);
    for (int i = 0; i < size; i++) {
      byte[] name = names[i].bytes;
      out.putVarint(name.length);
      out.putBytes(name, 0, name.length);
      out.putVarint(ends[i] - starts[i]);
      out.putBytes(arrays[i], starts[i], ends[i] - starts[i]);
    }
  }
}
