package io.trilith.storage.flush;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The time by which data is hidden and removed and commits are dated, see {@code
 * docs/decisions/0015-removal-without-surprise.md}. It follows the system's clock as long as that
 * agrees with its own course, laid at the start on what the storage knows of the time and going on
 * by a clock that nobody sets. A system's clock that does not agree is not followed: what is
 * removed too early cannot be brought back. Thread-safe.
 */
public final class StorageClock implements InstantSource {
  /** The system's clock may be so far from the course. */
  public static final Duration FAR = Duration.ofHours(1);

  private static final long MILLI = 1_000_000;

  private final InstantSource system;
  private final LongSupplier nanos;
  private volatile Course course;

  /**
   * A point through which the course goes.
   *
   * @param begun whether it is gone by
   * @param knownMillis what is known of the time at that point: the same, or later when the
   *     system's clock was far behind it
   */
  private record Course(boolean begun, long millis, long nanos, long knownMillis) {}

  /**
   * Follows the system's clock until {@link #begin}.
   *
   * @param nanos a clock that nobody sets, in nanoseconds
   */
  public StorageClock(InstantSource system, LongSupplier nanos) {
    this.system = system;
    this.nanos = nanos;
    this.course = new Course(false, 0, 0, 0);
  }

  /**
   * Lays the course; where the system's clock is far from what is known, on the earlier of both,
   * whichever is wrong: by that nothing is hidden or due too soon.
   *
   * @param knownMillis the last time of which the storage knows, in milliseconds since 1970; 0 when
   *     it knows none
   */
  public void begin(long knownMillis) {
    long now = system.millis();
    boolean agrees = knownMillis == 0 || isNear(now, knownMillis);
    course =
        agrees
            ? new Course(true, now, nanos.getAsLong(), now)
            : new Course(true, Math.min(now, knownMillis), nanos.getAsLong(), knownMillis);
  }

  /** Follows the system's clock from now on, wherever it stands. */
  public void believe() {
    long now = system.millis();
    course = new Course(true, now, nanos.getAsLong(), now);
  }

  /**
   * Tells the newest time of data that has arrived; the system's clock is believed when it is near
   * to that.
   *
   * @return whether it is believed now and was not before
   */
  public boolean hear(long newestMillis) {
    // Read once: what is believed is the very time that was judged, though the clock may jump now.
    long now = system.millis();
    Course before = course;
    if (!before.begun || isNear(now, known(before)) || !isNear(now, newestMillis)) {
      return false;
    }
    course = new Course(true, now, nanos.getAsLong(), now);
    return true;
  }

  /** Whether the system's clock is not followed: nothing may be removed then. */
  public boolean isHeld() {
    Course now = course;
    return now.begun && !isNear(system.millis(), known(now));
  }

  /** How far the system's clock is from the course, for people. */
  public String doubt() {
    Course now = course;
    return "the system's clock says "
        + system.instant()
        + ", and by the last commit, the newest data and the time since it is "
        + Instant.ofEpochMilli(known(now))
        + " (more than an hour apart)";
  }

  /** The system's clock, believed or not. */
  public InstantSource system() {
    return system;
  }

  private static boolean isNear(long a, long b) {
    return Math.abs(a - b) <= FAR.toMillis();
  }

  private long passed(Course from) {
    return (nanos.getAsLong() - from.nanos) / MILLI;
  }

  private long known(Course from) {
    return from.knownMillis + passed(from);
  }

  @Override
  public Instant instant() {
    Course now = course;
    Instant said = system.instant();
    if (!now.begun) {
      return said;
    }
    return isNear(said.toEpochMilli(), known(now))
        ? said
        : Instant.ofEpochMilli(now.millis + passed(now));
  }
}
