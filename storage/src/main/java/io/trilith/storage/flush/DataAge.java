package io.trilith.storage.flush;

import io.trilith.config.Durations;
import io.trilith.config.RetentionConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Judges data by its own time: what is too old to take or to show, and what lies too far ahead.
 * Thread-safe.
 */
public final class DataAge {
  private final RetentionConfig config;
  private final InstantSource clock;

  /** The longest that anything is kept, zero for ever. */
  private volatile Duration longest;

  public DataAge(RetentionConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
    this.longest = config.keep();
  }

  /** Says how long data stays that stays longest; zero for ever. Until then the default. */
  public void keepAtMost(Duration keep) {
    longest = keep;
  }

  /** The oldest millisecond that is kept; Long.MIN_VALUE when everything is. */
  public long minMillis() {
    Duration keep = longest;
    return keep.isZero() ? Long.MIN_VALUE : clock.instant().minus(keep).toEpochMilli();
  }

  /** The oldest millisecond of what is kept so long. */
  public long bound(Duration keep) {
    return clock.instant().minus(keep).toEpochMilli();
  }

  /** As {@link #bound}, in nanoseconds. */
  public long boundNanos(Duration keep) {
    return Math.multiplyExact(bound(keep), 1_000_000L);
  }

  /** The latest millisecond that is taken; Long.MAX_VALUE when any is. */
  public long maxMillis() {
    return config.futureMax().isZero()
        ? Long.MAX_VALUE
        : clock.instant().plus(config.futureMax()).toEpochMilli();
  }

  /** As {@link #minMillis}, in nanoseconds. */
  public long minNanos() {
    long millis = minMillis();
    return millis == Long.MIN_VALUE ? millis : Math.multiplyExact(millis, 1_000_000L);
  }

  /** As {@link #maxMillis}, in nanoseconds. */
  public long maxNanos() {
    long millis = maxMillis();
    return millis == Long.MAX_VALUE ? millis : Math.multiplyExact(millis, 1_000_000L);
  }

  /** Whether an item at this nanosecond is neither too old nor too far ahead. */
  public boolean takes(long nanos) {
    return nanos >= minNanos() && nanos <= maxNanos();
  }

  /** Why an item at this time, in milliseconds, is refused. Only for times out of bounds. */
  public String reason(long millis) {
    Duration keep = longest;
    return millis < minMillis()
        ? reason(
            millis,
            keep.equals(config.keep())
                ? "retention.default = " + keep.toDays() + "d"
                : "any of retention.policies, " + Durations.format(keep) + ",")
        : "timestamp "
            + text(millis)
            + " is further ahead than retention.future-max = "
            + Durations.format(config.futureMax());
  }

  /** Why an item is refused that has expired by a policy. */
  public String reason(long millis, String policy) {
    return "timestamp " + text(millis) + " is older than " + policy + " allows";
  }

  private static String text(long millis) {
    return Math.abs(millis) < 1L << 50 ? Instant.ofEpochMilli(millis).toString() : millis + " ms";
  }
}
