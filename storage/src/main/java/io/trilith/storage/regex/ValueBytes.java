package io.trilith.storage.regex;

import java.util.Arrays;

/** Where a value's bytes are. Confined to one thread. */
public final class ValueBytes {
  byte[] array = new byte[0];
  int from;
  int to;

  /**
   * Points at bytes, which the owner leaves as they are until the next call on this object.
   *
   * @param from first byte
   * @param to behind the last byte
   */
  public void set(byte[] array, int from, int to) {
    this.array = array;
    this.from = from;
    this.to = to;
  }

  int length() {
    return to - from;
  }

  boolean hasPrefix(byte[] other, int start, int length) {
    return length() >= length
        && Arrays.equals(array, from, from + length, other, start, start + length);
  }
}
