package io.trilith.ingest.metrics;

import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Attribute keys seen before, by number, each with the label name it becomes. Bounded: once it is
 * full, further keys get no number and their points are read the slow way. Not thread-safe.
 */
final class AttributeNames {
  static final int KEYS_MAX = 1024;

  /** Longer keys are rare and get no number. */
  private static final int KEY_LENGTH_MAX = 128;

  static final byte[] NAME = bytes(Labels.NAME);
  static final byte[] JOB = bytes("job");
  static final byte[] INSTANCE = bytes("instance");

  private final byte[][] keys = new byte[KEYS_MAX][0];
  private final byte[][] labels = new byte[KEYS_MAX][];
  private final byte[][] heads = new byte[KEYS_MAX][];
  private final short[] slots = new short[4 * KEYS_MAX];
  private final MetricNames translation;
  private int size;

  AttributeNames(MetricNames translation) {
    this.translation = translation;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  boolean isFull() {
    return size == KEYS_MAX;
  }

  /** Whether the number is that of this key. */
  boolean is(int number, byte[] bytes, int from, int to) {
    byte[] key = keys[number];
    return number < size && Arrays.equals(key, 0, key.length, bytes, from, to);
  }

  /** The number of a key, -1 when it gets none. */
  int number(byte[] bytes, int from, int to) {
    if (to - from > KEY_LENGTH_MAX) {
      return -1;
    }
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    int slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
    while (slots[slot] != 0) {
      if (is(slots[slot] - 1, bytes, from, to)) {
        return slots[slot] - 1;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return isFull() ? -1 : add(slot, Arrays.copyOfRange(bytes, from, to));
  }

  private int add(int slot, byte[] key) {
    String label = translation.label(new String(key, StandardCharsets.UTF_8));
    int number = size++;
    keys[number] = key;
    labels[number] = bytes(label);
    heads[number] = LabelBytes.nameField(labels[number]);
    slots[slot] = (short) (number + 1);
    return number;
  }

  /** The label name of a key; empty when it is no label. */
  byte[] label(int number) {
    return labels[number];
  }

  /** The label name as it stands in a series' key, up to the value's length. */
  byte[] head(int number) {
    return heads[number];
  }
}
