package io.trilith.tsdb.head;

import java.util.Arrays;

/**
 * Byte strings behind one another in pages; they never move to another address, and there is no
 * object per string. An address is a page's number in the upper and a place in it in the lower 16
 * bits. The first page grows with its content, so that an arena with little in it is small. Added
 * to by one thread.
 */
final class ByteArena {
  private static final int PAGE_BITS = 16;
  private static final int PAGE_SIZE = 1 << PAGE_BITS;
  private static final int FIRST_SIZE = 256;

  private byte[][] pages = {new byte[FIRST_SIZE]};
  private int page;
  private int used;
  private long bytes = FIRST_SIZE;

  /** Copies a slice into the arena and returns its address. */
  int add(byte[] source, int from, int length) {
    if (used + length > pages[page].length) {
      makeRoom(length);
    }
    int at = used;
    System.arraycopy(source, from, pages[page], at, length);
    used += length;
    return page << PAGE_BITS | at;
  }

  private void makeRoom(int length) {
    int needed = used + length;
    if (needed <= PAGE_SIZE) {
      int size = Math.min(PAGE_SIZE, Math.max(needed, pages[page].length * 2));
      bytes += size - pages[page].length;
      pages[page] = Arrays.copyOf(pages[page], size);
      return;
    }
    if (++page == 1 << (32 - PAGE_BITS)) {
      throw new IllegalStateException("an arena of " + bytes + " bytes is full");
    }
    if (page == pages.length) {
      pages = Arrays.copyOf(pages, page * 2);
    }
    // What is longer than a page gets one of its own length.
    pages[page] = new byte[Math.max(PAGE_SIZE, length)];
    bytes += pages[page].length;
    used = 0;
  }

  /** The array in which an address lies. */
  byte[] array(int address) {
    return pages[address >>> PAGE_BITS];
  }

  /** Where in its array an address lies. */
  static int offset(int address) {
    return address & (PAGE_SIZE - 1);
  }

  /** Whether the bytes at an address are those of a slice. */
  boolean equals(int address, byte[] other, int from, int length) {
    int at = offset(address);
    return Arrays.equals(array(address), at, at + length, other, from, from + length);
  }

  long bytes() {
    return bytes;
  }
}
