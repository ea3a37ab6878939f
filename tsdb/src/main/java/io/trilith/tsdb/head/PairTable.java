package io.trilith.tsdb.head;

import io.trilith.regex.ValueBytes;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SeriesKey;
import io.trilith.tsdb.index.KeyHash;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.TextSet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the distinct labels, name and value together, by their bytes in a {@link
 * io.trilith.tsdb.SeriesKey}, from 0 on. Added to by one thread under the registry's lock.
 */
final class PairTable {
  private final ByteArena arena = new ByteArena();
  private int size;
  private int[] addresses = new int[8];
  private int[] lengths = new int[8];
  private int[] hashes = new int[8];

  /** By number: that of its name. */
  private int[] names = new int[8];

  /** By number: the value, once it was asked for. */
  private @Nullable String[] values = new String[8];

  /** Numbers plus one; 0 is free. Open addressing, at most half full. */
  private int[] slots = new int[16];

  int size() {
    return size;
  }

  /** Bytes of the arrays. */
  long bytes() {
    return arena.bytes() + 20L * addresses.length + 4L * slots.length;
  }

  /** The number of a label, or -1. */
  int find(byte[] bytes, int from, int length) {
    int hash = KeyHash.of(bytes, from, length);
    int mask = slots.length - 1;
    for (int slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      int number = slots[slot] - 1;
      if (hashes[number] == hash
          && lengths[number] == length
          && arena.equals(addresses[number], bytes, from, length)) {
        return number;
      }
    }
    return -1;
  }

  /** Adds a label that is not there, with the number of its name. */
  int add(byte[] bytes, int from, int length, int name) {
    if (size == addresses.length) {
      int capacity = size * 2;
      addresses = Arrays.copyOf(addresses, capacity);
      lengths = Arrays.copyOf(lengths, capacity);
      hashes = Arrays.copyOf(hashes, capacity);
      names = Arrays.copyOf(names, capacity);
      values = Arrays.copyOf(values, capacity);
    }
    int number = size++;
    addresses[number] = arena.add(bytes, from, length);
    lengths[number] = length;
    hashes[number] = KeyHash.of(bytes, from, length);
    names[number] = name;
    slots = KeyHash.occupied(slots, hashes, size);
    return number;
  }

  /** Whether the label at a place of a key is this one. */
  boolean is(int number, byte[] bytes, int from, int to) {
    int length = lengths[number];
    return to - from >= length && arena.equals(addresses[number], bytes, from, length);
  }

  int length(int number) {
    return lengths[number];
  }

  int name(int number) {
    return names[number];
  }

  /** The value as text. Threads may ask at once: at worst one string is made twice. */
  String value(int number) {
    String known = values[number];
    if (known == null) {
      byte[] bytes = arena.array(addresses[number]);
      long value = valueField(number);
      known = new String(bytes, SeriesKey.start(value), (int) value, StandardCharsets.UTF_8);
      values[number] = known;
    }
    return known;
  }

  /** The number of a label among those of several sources, given that of its name there. */
  int number(int number, int name, LabelNumbers numbers) {
    long value = valueField(number);
    byte[] bytes = arena.array(addresses[number]);
    return numbers.label(
        name, bytes, SeriesKey.start(value), SeriesKey.end(value), () -> value(number));
  }

  /** Adds the value of a label. */
  void addTo(int number, TextSet into) {
    long value = valueField(number);
    into.add(arena.array(addresses[number]), SeriesKey.start(value), SeriesKey.end(value));
  }

  private long valueField(int number) {
    byte[] bytes = arena.array(addresses[number]);
    int at = ByteArena.offset(addresses[number]);
    int end = at + lengths[number];
    long label = SeriesKey.field(bytes, at, end, SeriesKey.FIRST);
    long name = SeriesKey.field(bytes, SeriesKey.start(label), end, SeriesKey.FIRST);
    return SeriesKey.field(bytes, SeriesKey.end(name), end, SeriesKey.SECOND);
  }

  /** Points at the value's UTF-8. */
  void value(int number, ValueBytes into) {
    long value = valueField(number);
    into.set(arena.array(addresses[number]), SeriesKey.start(value), SeriesKey.end(value));
  }

  void putTo(int number, ByteWriter out) {
    int address = addresses[number];
    out.putBytes(arena.array(address), ByteArena.offset(address), lengths[number]);
  }
}
