package io.trilith.regex;

import java.util.Arrays;

/** Where a value's bytes are. Confined to one thread. */
public final class ValueBytes {
  byte[] array = new byte[0];
  private byte[] own = new byte[64];
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

  /** Copies bytes, for owners who do not leave them as they are. */
  public void copy(byte[] source, int start, int end) {
    int length = end - start;
    if (own.length < length) {
      own = new byte[Math.max(length, 2 * own.length)];
    }
    System.arraycopy(source, start, own, 0, length);
    set(own, 0, length);
  }

  int length() {
    return to - from;
  }

  boolean hasPrefix(byte[] other, int start, int length) {
    return length() >= length
        && Arrays.equals(array, from, from + length, other, start, start + length);
  }
}
