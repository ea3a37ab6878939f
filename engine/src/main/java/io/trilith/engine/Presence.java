package io.trilith.engine;

import java.util.Arrays;

/** Which steps of a series have a value: one bit per step. Not thread-safe. */
public final class Presence {
  private final long[] bits;
  private int count;

  public Presence(int steps) {
    this(new long[(steps + 63) >>> 6], 0);
  }

  private Presence(long[] bits, int count) {
    this.bits = bits;
    this.count = count;
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

  /** Takes all steps away. */
  public void clear() {
    Arrays.fill(bits, 0);
    count = 0;
  }

  /** Adds the steps of another one over as many steps. */
  public void add(Presence other) {
    int total = 0;
    for (int i = 0; i < bits.length; i++) {
      bits[i] |= other.bits[i];
      total += Long.bitCount(bits[i]);
    }
    count = total;
  }

  /** Becomes the steps that two others over as many steps both have. */
  public void setBoth(Presence a, Presence b) {
    int total = 0;
    for (int i = 0; i < bits.length; i++) {
      bits[i] = a.bits[i] & b.bits[i];
      total += Long.bitCount(bits[i]);
    }
    count = total;
  }

  /** Whether any step is in this and in another one. */
  public boolean meets(Presence other) {
    for (int i = 0; i < bits.length; i++) {
      if ((bits[i] & other.bits[i]) != 0) {
        return true;
      }
    }
    return false;
  }

  /** A copy of its own. */
  public Presence copy() {
    return new Presence(bits.clone(), count);
  }

  /** How many steps have a value. */
  public int count() {
    return count;
  }
}
