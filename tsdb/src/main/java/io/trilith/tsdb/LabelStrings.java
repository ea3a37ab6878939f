package io.trilith.tsdb;

import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One string for each distinct name and value, found by its UTF-8 without making it anew. Not
 * thread-safe.
 */
public final class LabelStrings {
  private @Nullable String[] slots = new String[16];
  private byte[][] texts = new byte[16][];
  private int size;
  private long bytes;

  /** Bytes that the pool's strings take, roughly. */
  public long bytes() {
    return bytes;
  }

  /** The string of a slice. */
  public String get(byte[] source, int from, int length) {
    int mask = slots.length - 1;
    int slot = (int) Hashing.wyhashFinal4().hashBytesToLong(source, from, length) & mask;
    for (String found = slots[slot]; found != null; found = slots[slot]) {
      byte[] text = texts[slot];
      if (text.length == length && Arrays.equals(text, 0, length, source, from, from + length)) {
        return found;
      }
      slot = (slot + 1) & mask;
    }
    byte[] text = Arrays.copyOfRange(source, from, from + length);
    String made = new String(text, StandardCharsets.UTF_8);
    slots[slot] = made;
    texts[slot] = text;
    bytes += 64 + 2L * length;
    if (++size * 2 > slots.length) {
      grow();
    }
    return made;
  }

  private void grow() {
    @Nullable String[] oldSlots = slots;
    byte[][] oldTexts = texts;
    int capacity = oldSlots.length * 2;
    slots = new String[capacity];
    texts = new byte[capacity][];
    for (int i = 0; i < oldSlots.length; i++) {
      if (oldSlots[i] == null) {
        continue;
      }
      byte[] text = oldTexts[i];
      int slot =
          (int) Hashing.wyhashFinal4().hashBytesToLong(text, 0, text.length) & (capacity - 1);
      while (slots[slot] != null) {
        slot = (slot + 1) & (capacity - 1);
      }
      slots[slot] = oldSlots[i];
      texts[slot] = text;
    }
  }
}
