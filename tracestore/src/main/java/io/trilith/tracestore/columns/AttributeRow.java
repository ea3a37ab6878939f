package io.trilith.tracestore.columns;

import java.util.Arrays;

/**
 * The attributes of one span, event or link, being collected. Keys, texts and values of other types
 * are numbers of texts in the batch; what is of another type is encoded as a text by {@link
 * io.trilith.tracestore.chunk.AttributeCodec}. Not thread-safe.
 */
public final class AttributeRow {
  public static final byte TEXT = 0;
  public static final byte INT = 1;
  public static final byte REAL = 2;
  public static final byte BOOL = 3;
  public static final byte OTHER = 4;

  int[] keys = new int[16];
  byte[] types = new byte[16];
  long[] values = new long[16];
  private int size;

  /** By key, where it is in the row if it is there. */
  private int[] places = new int[64];

  public void clear() {
    size = 0;
  }

  public int size() {
    return size;
  }

  public int key(int i) {
    return keys[i];
  }

  /** Sets the value of a key: of equal ones the last one counts, where the first one was. */
  public void put(int key, byte type, long value) {
    if (key >= places.length) {
      places = Arrays.copyOf(places, Math.max(key + 1, places.length * 2));
    }
    int at = places[key];
    if (at >= size || keys[at] != key) {
      at = grow();
      places[key] = at;
    }
    set(at, key, type, value);
  }

  /** Adds an attribute, be its key there or not. */
  void add(int key, byte type, long value) {
    set(grow(), key, type, value);
  }

  private int grow() {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
      types = Arrays.copyOf(types, size * 2);
      values = Arrays.copyOf(values, size * 2);
    }
    return size++;
  }

  private void set(int at, int key, byte type, long value) {
    keys[at] = key;
    types[at] = type;
    values[at] = value;
  }
}
