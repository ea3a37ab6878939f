package io.trilith.logstore.page;

import io.trilith.regex.LiteralSearch;
import java.util.Arrays;

/** A text that is looked for. Thread-safe. */
final class Needle {
  private final byte[] bytes;
  private final LiteralSearch search;
  private final int charset;
  private final boolean anyCase;

  /** Of a text that is not empty. */
  Needle(byte[] bytes) {
    this(bytes, false);
  }

  private Needle(byte[] bytes, boolean anyCase) {
    this.bytes = bytes.clone();
    this.anyCase = anyCase;
    this.search = anyCase ? LiteralSearch.anyCase(bytes) : new LiteralSearch(this.bytes);
    int all = 0;
    for (byte c : bytes) {
      // Capital letters are of another class than some small ones: what may be either asks nothing.
      byte capital = capital(c);
      all |= Runs.charset(c) == Runs.charset(capital) ? Runs.charset(c) : 0;
    }
    this.charset = all;
  }

  /** Of a text of ASCII without capital letters that is not empty; letters match in either case. */
  static Needle anyCase(byte[] lowerCase) {
    return new Needle(lowerCase, true);
  }

  /** The other byte that is as good as this one, or this one. */
  byte capital(byte c) {
    return anyCase && c >= 'a' && c <= 'z' ? (byte) (c - 32) : c;
  }

  /** Whether bytes are a part of the text, from one place to another. */
  boolean isPart(byte[] array, int at, int from, int to) {
    if (!anyCase) {
      return Arrays.equals(array, at, at + to - from, bytes, from, to);
    }
    for (int i = from; i < to; i++) {
      if (!LiteralSearch.equalsAnyCase(array[at + i - from], bytes[i])) {
        return false;
      }
    }
    return true;
  }

  int length() {
    return bytes.length;
  }

  /** The classes of its bytes, see {@link Runs#charset}. */
  int charset() {
    return charset;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Where the text first is, whole, between two places; -1 when nowhere. */
  int indexOf(byte[] array, int from, int to) {
    return search.indexOf(array, from, to);
  }
}
