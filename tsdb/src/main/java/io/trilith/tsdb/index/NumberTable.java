package io.trilith.tsdb.index;

/**
 * Numbers by number, in pages that come into being when something is put there: few of many cost
 * little. Not thread-safe.
 */
public final class NumberTable {
  private static final int PAGE_BITS = 9;
  private static final int PAGE = 1 << PAGE_BITS;
  private static final int[] NONE = new int[0];

  private final int[][] pages;

  /** For numbers below a size. */
  public NumberTable(int size) {
    pages = new int[(size + PAGE - 1) >>> PAGE_BITS][];
    java.util.Arrays.fill(pages, NONE);
  }

  /** What was put there, or -1. */
  public int get(int at) {
    int[] page = pages[at >>> PAGE_BITS];
    return page.length == 0 ? -1 : page[at & (PAGE - 1)] - 1;
  }

  /** Puts a number that is not negative. */
  public void put(int at, int number) {
    int[] page = pages[at >>> PAGE_BITS];
    if (page.length == 0) {
      page = new int[PAGE];
      pages[at >>> PAGE_BITS] = page;
    }
    page[at & (PAGE - 1)] = number + 1;
  }
}
