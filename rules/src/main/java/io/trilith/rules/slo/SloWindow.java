package io.trilith.rules.slo;

import io.trilith.rules.file.RuleYaml;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;

/** Over how long an objective holds. Times are milliseconds since 1970. */
public sealed interface SloWindow {
  /** Where the window that has reached a time begins; what happened up to then is not in it. */
  long start(long millis);

  /** Where it ends: the time itself, or the end of the period. */
  long end(long millis);

  /** How long it is, or usually is. */
  long millis();

  /** As it stands in files. */
  String text();

  /** The last this many milliseconds. */
  record Rolling(long millis) implements SloWindow {
    @Override
    public long start(long at) {
      return at - millis;
    }

    @Override
    public long end(long at) {
      return at;
    }

    @Override
    public String text() {
      return RuleYaml.duration(millis);
    }
  }

  /**
   * Periods from a time on, and before it.
   *
   * @param count of units that a period has
   */
  record Calendar(ZonedDateTime first, Unit unit, int count) implements SloWindow {
    /** What calendars are divided into. */
    public enum Unit {
      DAY(ChronoUnit.DAYS, 1, "d", 1),
      WEEK(ChronoUnit.WEEKS, 1, "w", 7),
      MONTH(ChronoUnit.MONTHS, 1, "M", 30),
      QUARTER(ChronoUnit.MONTHS, 3, "Q", 90),
      YEAR(ChronoUnit.YEARS, 1, "Y", 365);

      private final ChronoUnit chrono;
      private final int times;
      private final String text;
      private final int days;

      Unit(ChronoUnit chrono, int times, String text, int days) {
        this.chrono = chrono;
        this.times = times;
        this.text = text;
        this.days = days;
      }

      String text() {
        return text;
      }
    }

    private ZonedDateTime period(long number) {
      return first.plus(number * unit.times * count, unit.chrono);
    }

    private long numberOf(long at) {
      ZonedDateTime time = Instant.ofEpochMilli(at).atZone(first.getZone());
      long number = Math.floorDiv(unit.chrono.between(first, time), (long) unit.times * count);
      while (period(number).toInstant().toEpochMilli() >= at) {
        number--;
      }
      while (period(number + 1).toInstant().toEpochMilli() < at) {
        number++;
      }
      return number;
    }

    @Override
    public long start(long at) {
      return period(numberOf(at)).toInstant().toEpochMilli();
    }

    @Override
    public long end(long at) {
      return period(numberOf(at) + 1).toInstant().toEpochMilli();
    }

    @Override
    public long millis() {
      return 86_400_000L * unit.days * count;
    }

    @Override
    public String text() {
      return count + unit.text;
    }

    /** The day on which the period of a time began, as {@code 2026-12-01}. */
    String dayOf(long at) {
      return period(numberOf(at)).toLocalDate().toString();
    }
  }
}
