package io.trilith.tsdb.index;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.security.SecureRandom;

/** Hashes and open-addressing slots of keys. The seed is the process's own: senders cannot aim. */
public final class KeyHash {
  private static final Hasher64 HASHER = Hashing.wyhashFinal4(new SecureRandom().nextLong());

  private KeyHash() {}

  /** The hash of a slice. */
  public static int of(byte[] bytes, int from, int length) {
    return (int) HASHER.hashBytesToLong(bytes, from, length);
  }

  /**
   * The slots with the last of {@code size} numbers put in, which are replaced by larger ones when
   * they would be over three quarters full. A slot holds a number plus one, 0 is free.
   */
  public static int[] occupied(int[] slots, int[] hashes, int size) {
    if (size * 4L <= slots.length * 3L) {
      occupy(slots, hashes[size - 1], size - 1);
      return slots;
    }
    int[] larger = new int[slots.length * 2];
    for (int i = 0; i < size; i++) {
      occupy(larger, hashes[i], i);
    }
    return larger;
  }

  private static void occupy(int[] slots, int hash, int number) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = number + 1;
  }
}
