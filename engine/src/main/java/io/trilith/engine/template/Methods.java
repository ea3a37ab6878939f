package io.trilith.engine.template;

import java.time.DayOfWeek;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The methods that times and lengths of time have in Go. */
final class Methods {
  private static final double SECOND = 1e9;

  private Methods() {}

  static boolean has(@Nullable Object receiver) {
    return receiver instanceof GoTime || receiver instanceof GoDuration;
  }

  static Object call(@Nullable Object receiver, Arguments arguments) throws TemplateException {
    Object result =
        switch (receiver) {
          case GoTime time -> ofTime(time, arguments);
          case GoDuration length -> ofDuration(length, arguments);
          case null, default -> null;
        };
    if (result == null) {
      throw new TemplateException(
          "can't evaluate field " + arguments.function() + " in type " + GoValues.type(receiver));
    }
    return result;
  }

  private static @Nullable Object ofTime(GoTime value, Arguments arguments)
      throws TemplateException {
    ZonedDateTime time = value.time();
    if (arguments.function().equals("Format")) {
      arguments.count(1, 1);
      return value.format(arguments.text(0));
    }
    Object result =
        switch (arguments.function()) {
          case "Year" -> (long) time.getYear();
          case "Month" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ROOT);
          case "Day" -> (long) time.getDayOfMonth();
          case "Hour" -> (long) time.getHour();
          case "Minute" -> (long) time.getMinute();
          case "Second" -> (long) time.getSecond();
          case "Nanosecond" -> (long) time.getNano();
          case "YearDay" -> (long) time.getDayOfYear();
          case "Weekday" -> weekday(time.getDayOfWeek());
          case "Unix" -> value.seconds();
          case "UnixMilli" -> time.toInstant().toEpochMilli();
          case "UnixNano" -> value.seconds() * 1_000_000_000L + time.getNano();
          case "UTC" -> new GoTime(time.withZoneSameInstant(java.time.ZoneOffset.UTC));
          case "String" -> value.toString();
          default -> null;
        };
    if (result != null) {
      arguments.count(0, 0);
    }
    return result;
  }

  private static String weekday(DayOfWeek day) {
    return day.getDisplayName(TextStyle.FULL, Locale.ROOT);
  }

  private static @Nullable Object ofDuration(GoDuration value, Arguments arguments)
      throws TemplateException {
    Object result =
        switch (arguments.function()) {
          case "String" -> value.toString();
          case "Hours" -> value.nanos() / (3600 * SECOND);
          case "Minutes" -> value.nanos() / (60 * SECOND);
          case "Seconds" -> value.nanos() / SECOND;
          case "Milliseconds" -> value.nanos() / 1_000_000;
          case "Microseconds" -> value.nanos() / 1_000;
          case "Nanoseconds" -> value.nanos();
          default -> null;
        };
    if (result != null) {
      arguments.count(0, 0);
    }
    return result;
  }
}
