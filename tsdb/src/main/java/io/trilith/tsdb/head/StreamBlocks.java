package io.trilith.tsdb.head;

import java.util.Arrays;

/**
 * Blocks of 64 bytes, from number 1 on, in pages: 60 bytes of a stream, then the number of the
 * block that follows. The first page grows with its content. Added to by one thread.
 */
final class StreamBlocks {
  static final int SIZE = 64;
  static final int CONTENT = 60;

  private static final int PAGE_BITS = 12;
  private static final int PAGE_BLOCKS = 1 << PAGE_BITS;
  private static final int FIRST_BLOCKS = 8;

  private final PagePool pool;
  private byte[][] pages = {new byte[FIRST_BLOCKS * SIZE]};
  private int next = 1;
  private long bytes = FIRST_BLOCKS * SIZE;

  StreamBlocks(PagePool pool) {
    this.pool = pool;
  }

  /** A new block, with whatever content. */
  int allocate() {
    int block = next++;
    int page = block >>> PAGE_BITS;
    if (page == 0) {
      int length = pages[0].length;
      if ((block + 1) * SIZE > length) {
        pages[0] = Arrays.copyOf(pages[0], length * 2);
        bytes += length;
      }
      return block;
    }
    if ((block & (PAGE_BLOCKS - 1)) == 0) {
      if (page == pages.length) {
        pages = Arrays.copyOf(pages, page * 2);
      }
      pages[page] = pool.blocks(PAGE_BLOCKS * SIZE);
      bytes += PAGE_BLOCKS * SIZE;
    }
    return block;
  }

  /** The array in which a block lies. */
  byte[] page(int block) {
    return pages[block >>> PAGE_BITS];
  }

  /** Where in its array a block begins. */
  static int offset(int block) {
    return (block & (PAGE_BLOCKS - 1)) * SIZE;
  }

  /** Bytes of all pages. */
  long bytes() {
    return bytes;
  }

  /** Gives the pages back. */
  void release() {
    for (byte[] page : pages) {
      if (page != null && page.length == PAGE_BLOCKS * SIZE) {
        pool.give(page);
      }
    }
    pages = new byte[0][];
  }
}
