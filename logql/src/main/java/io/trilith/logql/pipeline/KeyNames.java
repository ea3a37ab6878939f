package io.trilith.logql.pipeline;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of keys by how they stand in lines, so that a key that was seen before becomes no text
 * again. Remembers a bounded number, the first ones. Not thread-safe.
 */
final class KeyNames {
  private static final int SLOTS = 1024;
  private static final int KEYS_MAX = 512;
  private static final int KEY_MAX = 128;

  private final byte[][] keys = new byte[SLOTS][];
  private final String[] names = new String[SLOTS];
  private int size;

  private static int slot(byte[] bytes, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + bytes[i];
    }
    return (hash ^ hash >>> 15) & (SLOTS - 1);
  }

  /** Null when the key is not known. */
  @Nullable String find(byte[] bytes, int from, int to) {
    if (to - from > KEY_MAX) {
      return null;
    }
    int slot = slot(bytes, from, to);
    while (keys[slot] != null) {
      byte[] key = keys[slot];
      if (Arrays.equals(key, 0, key.length, bytes, from, to)) {
        return names[slot];
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    return null;
  }

  /** Remembers a key that is not known yet, as long as there is room. */
  void remember(byte[] bytes, int from, int to, String name) {
    if (size == KEYS_MAX || to - from > KEY_MAX) {
      return;
    }
    int slot = slot(bytes, from, to);
    while (keys[slot] != null) {
      slot = (slot + 1) & (SLOTS - 1);
    }
    keys[slot] = Arrays.copyOfRange(bytes, from, to);
    names[slot] = name;
    size++;
  }
}
