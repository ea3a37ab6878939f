package io.trilith.logstore.page;

import io.trilith.storage.regex.LiteralSearch;

/** A text that is looked for. Thread-safe. */
final class Needle {
  private final byte[] bytes;
  private final LiteralSearch search;
  private final int charset;

  /** Of a text that is not empty. */
  Needle(byte[] bytes) {
    this.bytes = bytes.clone();
    this.search = new LiteralSearch(this.bytes);
    this.charset = Runs.charset(bytes, 0, bytes.length);
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
