package io.trilith.tracestore.columns;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers distinct strings of bytes in order of appearance. One thread writes. */
public final class TextTable {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long PRIME = 0x9e3779b97f4a7c15L;

  /** What a sender knows nothing of, so that it cannot choose texts that collide. */
  private static final long SEED = new SplittableRandom().nextLong();

  private byte[] bytes;
  private final IntList ends = new IntList();
  private final IntList hashes = new IntList();
  private int[] slots;

  public TextTable() {
    this(1024, 256);
  }

  /** With room for this many bytes and half as many texts as slots, a power of two, at first. */
  public TextTable(int bytes, int slots) {
    this.bytes = new byte[bytes];
    this.slots = new int[slots];
  }

  public int size() {
    return ends.size();
  }

  public byte[] bytes() {
    return bytes;
  }

  public int start(int text) {
    return text == 0 ? 0 : ends.get(text - 1);
  }

  public int end(int text) {
    return ends.get(text);
  }

  int[] ends() {
    return ends.array();
  }

  /** Bytes of all texts. */
  int total() {
    return ends.size() == 0 ? 0 : ends.get(ends.size() - 1);
  }

  int add(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return add(utf8, 0, utf8.length);
  }

  /** The number of some bytes, {@code [from, to)}; the next free one when they are new. */
  public int add(byte[] source, int from, int to) {
    int hash = hash(source, from, to);
    int slot = hash & (slots.length - 1);
    for (; slots[slot] != 0; slot = (slot + 1) & (slots.length - 1)) {
      int known = slots[slot] - 1;
      if (hashes.get(known) == hash
          && Arrays.equals(bytes, start(known), end(known), source, from, to)) {
        return known;
      }
    }
    int start = total();
    int length = to - from;
    if (start + length < 0) {
      throw new IllegalStateException("texts of more than 2 GiB");
    }
    if (start + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(start + length, start + (start >>> 1)));
    }
    System.arraycopy(source, from, bytes, start, length);
    ends.add(start + length);
    hashes.add(hash);
    slots[slot] = ends.size();
    if (ends.size() * 2 > slots.length) {
      rehash();
    }
    return ends.size() - 1;
  }

  private void rehash() {
    slots = new int[slots.length * 2];
    for (int i = 0; i < ends.size(); i++) {
      int slot = hashes.get(i) & (slots.length - 1);
      while (slots[slot] != 0) {
        slot = (slot + 1) & (slots.length - 1);
      }
      slots[slot] = i + 1;
    }
  }

  private static int hash(byte[] source, int from, int to) {
    long hash = SEED ^ (to - from);
    int at = from;
    for (; at + 8 <= to; at += 8) {
      hash = (hash ^ (long) WORD.get(source, at)) * PRIME;
      hash ^= hash >>> 32;
    }
    for (; at < to; at++) {
      hash = (hash ^ source[at]) * PRIME;
    }
    hash ^= hash >>> 32;
    hash *= PRIME;
    return (int) (hash >>> 32);
  }
}
