package io.trilith.storage.model;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The three kinds of telemetry. */
public enum Signal {
  METRICS(0, "metrics", "samples", TimeUnit.MILLISECONDS),
  LOGS(1, "logs", "entries", TimeUnit.NANOSECONDS),
  TRACES(2, "traces", "spans", TimeUnit.NANOSECONDS);

  private static final Signal[] BY_CODE = {METRICS, LOGS, TRACES};

  private final int code;
  private final String text;
  private final String items;
  private final TimeUnit unit;

  Signal(int code, String text, String items, TimeUnit unit) {
    this.code = code;
    this.text = text;
    this.items = items;
    this.unit = unit;
  }

  /** The number that stands for it in our file formats. */
  public int code() {
    return code;
  }

  /** The signal of a code, or null when the code is unknown. */
  public static @Nullable Signal ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }

  /** The word used in paths, metrics and messages. */
  public String text() {
    return text;
  }

  /** What its items are called. */
  public String items() {
    return items;
  }

  /** A length of time in the unit of its blocks' times. */
  public long units(Duration length) {
    return unit.convert(length);
  }

  /** Milliseconds since 1970 of a time of its blocks, rounded down. */
  public long millis(long time) {
    return Math.floorDiv(time, unit.convert(1, TimeUnit.MILLISECONDS));
  }

  /** A time of its blocks as a time, whatever the unit. */
  public Instant instant(long time) {
    long second = unit.convert(1, TimeUnit.SECONDS);
    return Instant.ofEpochSecond(
        Math.floorDiv(time, second), unit.toNanos(Math.floorMod(time, second)));
  }

  /** A time in the unit of its blocks' times, rounded down; the last or the first when beyond. */
  public long time(Instant instant) {
    try {
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), unit.convert(1, TimeUnit.SECONDS)),
          unit.convert(instant.getNano(), TimeUnit.NANOSECONDS));
    } catch (ArithmeticException e) {
      return instant.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
