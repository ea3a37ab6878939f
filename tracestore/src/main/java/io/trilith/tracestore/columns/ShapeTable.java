package io.trilith.tracestore.columns;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Numbers distinct shapes; 0 is the empty one. One thread writes. */
final class ShapeTable {
  private AttributeShape[] shapes = new AttributeShape[16];
  private int[] hashes = new int[16];
  private int size = 1;
  private int[] slots = new int[64];
  private final Map<Integer, String> names = new HashMap<>();

  /** Bytes of all shapes, roughly. */
  private long bytes;

  ShapeTable() {
    shapes[0] = AttributeShape.EMPTY;
  }

  int size() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  /** The backing array, valid below the size. */
  AttributeShape[] array() {
    return shapes;
  }

  AttributeShape get(int number) {
    return shapes[number];
  }

  int add(int[] keys, byte[] types, int count, TextTable texts) {
    if (count == 0) {
      return 0;
    }
    int hash = count;
    for (int i = 0; i < count; i++) {
      hash = (hash ^ (keys[i] << 3 | types[i])) * 0x9e3779b1;
      hash ^= hash >>> 15;
    }
    int slot = hash & (slots.length - 1);
    for (; slots[slot] != 0; slot = (slot + 1) & (slots.length - 1)) {
      int known = slots[slot];
      AttributeShape shape = shapes[known];
      if (hashes[known] == hash
          && Arrays.equals(shape.keys(), 0, shape.size(), keys, 0, count)
          && Arrays.equals(shape.types(), 0, shape.size(), types, 0, count)) {
        return known;
      }
    }
    if (size == shapes.length) {
      shapes = Arrays.copyOf(shapes, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    String[] names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = names(keys[i], texts);
    }
    shapes[size] =
        new AttributeShape(size, Arrays.copyOf(keys, count), Arrays.copyOf(types, count), names);
    hashes[size] = hash;
    slots[slot] = size++;
    bytes += 100 + 9L * count;
    if (size * 2 > slots.length) {
      rehash();
    }
    return size - 1;
  }

  private String names(int key, TextTable texts) {
    return names.computeIfAbsent(
        key,
        at -> {
          int start = texts.start(at);
          return new String(texts.bytes(), start, texts.end(at) - start, StandardCharsets.UTF_8);
        });
  }

  private void rehash() {
    slots = new int[slots.length * 2];
    for (int i = 1; i < size; i++) {
      int slot = hashes[i] & (slots.length - 1);
      while (slots[slot] != 0) {
        slot = (slot + 1) & (slots.length - 1);
      }
      slots[slot] = i;
    }
  }
}
