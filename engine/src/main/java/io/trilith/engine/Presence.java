package io.trilith.engine;

/** Which steps of a series have a value: one bit per step. Not thread-safe. */
public final class Presence {
  private final long[] bits;
  private int count;

  public Presence(int steps) {
    bits = new long[(steps + 63) >>> 6];
  }

  public boolean has(int step) {
    return (bits[step >>> 6] & (1L << step)) != 0;
  }

  public void set(int step) {
    if (!has(step)) {
      bits[step >>> 6] |= 1L << step;
      count++;
    }
  }

  public void clear(int step) {
    if (has(step)) {
      bits[step >>> 6] &= ~(1L << step);
      count--;
    }
  }

  /** How many steps have a value. */
  public int count() {
    return count;
  }
}
