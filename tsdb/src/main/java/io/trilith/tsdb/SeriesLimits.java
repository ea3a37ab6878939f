package io.trilith.tsdb;

import java.time.Duration;

/**
 * How many series a tenant may have in memory.
 *
 * @param perTenant in all
 * @param perMetric with the same name
 * @param idle series without a sample for this long go when the next head begins, so that others
 *     may take their places
 */
public record SeriesLimits(int perTenant, int perMetric, Duration idle) {
  /** Any number. */
  public static final SeriesLimits NONE =
      new SeriesLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Duration.ofDays(365));
}
