package io.trilith.storage.flush;

import io.trilith.config.Durations;
import io.trilith.config.RetentionConfig;
import io.trilith.storage.model.Signal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Judges data by its own time: what is too old to take, and what lies too far ahead, by the
 * system's clock; what is too old to be shown, by the clock of removal. Thread-safe.
 */
public final class DataAge {
  private final RetentionConfig config;
  private final InstantSource system;
  private final InstantSource clock;

  /** The longest that anything is kept, zero for ever. */
  private volatile Duration longest;

  /** By one clock for both. */
  public DataAge(RetentionConfig config, InstantSource clock) {
    this(config, clock, clock);
  }

  /**
   * By two clocks.
   *
   * @param system judges what arrives
   * @param clock judges what is shown
   */
  public DataAge(RetentionConfig config, InstantSource system, InstantSource clock) {
    this.config = config;
    this.system = system;
    this.clock = clock;
    this.longest = config.keep();
  }

  /** Says how long data stays that stays longest; zero for ever. Until then the default. */
  public void keepAtMost(Duration keep) {
    longest = keep;
  }

  /** The oldest millisecond that is shown; Long.MIN_VALUE when everything is. */
  public long minMillis() {
    Duration keep = longest;
    return keep.isZero() ? Long.MIN_VALUE : clock.instant().minus(keep).toEpochMilli();
  }

  /** The oldest millisecond that is taken; Long.MIN_VALUE when any is. */
  public long oldestTaken() {
    Duration keep = longest;
    return keep.isZero() ? Long.MIN_VALUE : system.instant().minus(keep).toEpochMilli();
  }

  /** As {@link #oldestTaken}, in nanoseconds. */
  public long oldestTakenNanos() {
    long millis = oldestTaken();
    return millis == Long.MIN_VALUE ? millis : Math.multiplyExact(millis, 1_000_000L);
  }

  /** The oldest time of what is kept so long, a whole millisecond, in the unit of a signal. */
  public long bound(Signal signal, Duration keep) {
    long millis = clock.instant().minus(keep).toEpochMilli();
    // So that there is a time before it.
    return Math.max(signal.time(Instant.ofEpochMilli(millis)), Long.MIN_VALUE + 1);
  }

  /** The latest millisecond that is taken; Long.MAX_VALUE when any is. */
  public long maxMillis() {
    return config.futureMax().isZero()
        ? Long.MAX_VALUE
        : system.instant().plus(config.futureMax()).toEpochMilli();
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

  /** Why an item at this time, in milliseconds, is refused. Only for times out of bounds. */
  public String reason(long millis) {
    Duration keep = longest;
    return millis < oldestTaken()
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
