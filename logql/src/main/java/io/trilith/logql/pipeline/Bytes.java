package io.trilith.logql.pipeline;

/** Searches in byte ranges. */
final class Bytes {
  private Bytes() {}

  /** Where the needle first is in {@code from <= i < to}, -1 when nowhere. */
  static int indexOf(byte[] hay, int from, int to, byte[] needle) {
    int length = needle.length;
    if (length == 0) {
      return from;
    }
    byte first = needle[0];
    int last = to - length;
    for (int i = from; i <= last; i++) {
      if (hay[i] == first) {
        int k = 1;
        while (k < length && hay[i + k] == needle[k]) {
          k++;
        }
        if (k == length) {
          return i;
        }
      }
    }
    return -1;
  }
}
