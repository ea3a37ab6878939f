package io.trilith.tsdb;

/**
 * How closely samples must be known. Windows that end at round times can be answered from
 * aggregates that a block keeps of its samples, see {@code docs/decisions/0014-downsampling.md}:
 * what comes of them is the same, or, of sums, as close as another order of adding makes it.
 *
 * @param aggregate what is wanted of each window
 * @param alignment milliseconds; all windows end at multiples of it
 * @param range length of the windows in milliseconds; 0 when only their ends matter
 */
public record Detail(Aggregate aggregate, long alignment, long range) {
  /** Every sample. */
  public static final Detail SAMPLES = new Detail(Aggregate.SAMPLES, 1, 0);

  /** What is wanted of the samples of a window. */
  public enum Aggregate {
    /** All of them. */
    SAMPLES,
    /** The last one, or the stale marker where that is last. */
    LAST,
    /** The first and the last one that is no stale marker. */
    ENDS,
    /** As before, and what a counter lost by resets between them. */
    CHANGE,
    /** The least value. */
    LEAST,
    /** The greatest value. */
    GREATEST,
    /** The sum of all values, which stands for as many samples as there were. */
    SUM
  }

  /** So much of a range of a rate, in parts of the resolution, need not be whole windows. */
  private static final long CHANGE_REST = 10;

  /** Whether aggregates over windows of a length, which end at its multiples, answer as well. */
  public boolean allows(long resolution) {
    if (aggregate == Aggregate.SAMPLES || alignment % resolution != 0) {
      return false;
    }
    // Grafana's rate interval is a step and a scrape. The samples at the edges have their own
    // times,
    // so a small rest is read like a scrape that is missing there.
    long rest = aggregate == Aggregate.CHANGE ? resolution / CHANGE_REST : 0;
    return range == 0 || (range >= resolution && range % resolution <= rest);
  }
}
