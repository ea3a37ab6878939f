package io.trilith.tsdb.head;

import com.dynatrace.hash4j.hashing.Hashing;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/**
 * Numbers series by their keys, from 0 in order of arrival. Senders repeat the order of their
 * series, so the key that followed the one before last time is compared first; only when that fails
 * is a hash made. Always whole keys are compared. Primitive arrays only. Not thread-safe.
 */
public final class KeyIndex {
  private final ByteWriter keys = new ByteWriter();
  private int size;

  /** By number: where its key ends; it begins where the one before ends. */
  private int[] ends = new int[8];

  private int[] hashes = new int[8];

  /** By number: the number, plus one, that was asked for after it last time. */
  private int[] successors = new int[8];

  /** Numbers plus one; 0 is free. Open addressing, at most half full. */
  private int[] slots = new int[16];

  /** How many keys there are. */
  public int size() {
    return size;
  }

  /** Bytes of the arrays. */
  public long bytes() {
    return keys.array().length + 4L * (3L * ends.length + slots.length);
  }

  /**
   * The number of a key.
   *
   * @param previous the number that was asked for before this one, or -1
   * @return -1 when the key is not there
   */
  public int find(byte[] bytes, int from, int length, int previous) {
    if (previous >= 0) {
      int guess = successors[previous] - 1;
      if (guess >= 0 && isKey(guess, bytes, from, length)) {
        return guess;
      }
    }
    int hash = hash(bytes, from, length);
    int mask = slots.length - 1;
    for (int slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      int number = slots[slot] - 1;
      if (hashes[number] == hash && isKey(number, bytes, from, length)) {
        follow(previous, number);
        return number;
      }
    }
    return -1;
  }

  /** Adds a key that is not there and returns its number. */
  public int add(byte[] bytes, int from, int length, int previous) {
    if (size == ends.length) {
      int capacity = size * 2;
      ends = Arrays.copyOf(ends, capacity);
      hashes = Arrays.copyOf(hashes, capacity);
      successors = Arrays.copyOf(successors, capacity);
    }
    int number = size++;
    keys.putBytes(bytes, from, length);
    ends[number] = keys.size();
    hashes[number] = hash(bytes, from, length);
    if (size * 2 > slots.length) {
      slots = new int[slots.length * 2];
      for (int i = 0; i < size; i++) {
        occupy(i);
      }
    } else {
      occupy(number);
    }
    follow(previous, number);
    return number;
  }

  private void occupy(int number) {
    int mask = slots.length - 1;
    int slot = hashes[number] & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = number + 1;
  }

  private void follow(int previous, int number) {
    if (previous >= 0) {
      successors[previous] = number + 1;
    }
  }

  /** The array in which all keys stand; valid until the next is added. */
  public byte[] keyBytes() {
    return keys.array();
  }

  public int keyOffset(int number) {
    return number == 0 ? 0 : ends[number - 1];
  }

  public int keyLength(int number) {
    return ends[number] - keyOffset(number);
  }

  private boolean isKey(int number, byte[] bytes, int from, int length) {
    int start = keyOffset(number);
    int end = ends[number];
    return end - start == length
        && Arrays.equals(keys.array(), start, end, bytes, from, from + length);
  }

  private static int hash(byte[] bytes, int from, int length) {
    return (int) Hashing.wyhashFinal4().hashBytesToLong(bytes, from, length);
  }
}
