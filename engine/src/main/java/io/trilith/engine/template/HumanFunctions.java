package io.trilith.engine.template;

import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.GoText;
import io.trilith.storage.text.Lengths;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Prometheus' functions that make numbers readable. They take a number or a text of one. */
final class HumanFunctions {
  private static final String[] LARGE = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  private static final String[] SMALL = {"m", "u", "n", "p", "f", "a", "z", "y"};
  private static final String[] BINARY = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  private static final double NANOS = 1e9;

  private HumanFunctions() {}

  static void add(Map<String, TemplateFunction> all) {
    all.put("humanize", a -> humanize(number(a.get(0))));
    all.put("humanize1024", a -> humanize1024(number(a.get(0))));
    all.put("humanizeDuration", a -> duration(number(a.get(0))));
    all.put("humanizePercentage", a -> format("%.4g%%", number(a.get(0)) * 100));
    all.put("humanizeTimestamp", a -> timestamp(number(a.get(0))));
    all.put("toTime", a -> time(number(a.get(0))));
    all.put("toDuration", a -> new GoDuration((long) (number(a.get(0)) * NANOS)));
    all.put("parseDuration", a -> parseDuration(a.text(0)));
  }

  static double number(@Nullable Object value) throws TemplateException {
    return switch (value) {
      case Double number -> number;
      case Long number -> (double) number;
      case GoDuration length -> length.nanos() / NANOS;
      case String text -> {
        OptionalDouble read = GoNumber.real(text);
        if (read.isEmpty()) {
          throw new TemplateException(
              "strconv.ParseFloat: parsing " + GoText.quote(text) + ": invalid syntax");
        }
        yield read.getAsDouble();
      }
      case null, default ->
          throw new TemplateException("can't convert " + GoValues.type(value) + " to float");
    };
  }

  private static String format(String format, @Nullable Object... values) throws TemplateException {
    return new GoFormat(format, List.of(values)).run();
  }

  private static boolean plain(double value) {
    return value == 0 || Double.isNaN(value) || Double.isInfinite(value);
  }

  private static String humanize(double value) throws TemplateException {
    if (plain(value)) {
      return format("%.4g", value);
    }
    return Math.abs(value) >= 1 ? scaled(value, LARGE, 1000) : shrunk(value, "%.4g%s");
  }

  private static String scaled(double value, String[] prefixes, double base)
      throws TemplateException {
    double left = value;
    String prefix = "";
    for (String next : prefixes) {
      if (Math.abs(left) < base) {
        break;
      }
      prefix = next;
      left /= base;
    }
    return format("%.4g%s", left, prefix);
  }

  private static String shrunk(double value, String format) throws TemplateException {
    double grown = value;
    String prefix = "";
    for (String next : SMALL) {
      if (Math.abs(grown) >= 1) {
        break;
      }
      prefix = next;
      grown *= 1000;
    }
    return format(format, grown, prefix);
  }

  private static String humanize1024(double value) throws TemplateException {
    return Math.abs(value) <= 1 || plain(value)
        ? format("%.4g", value)
        : scaled(value, BINARY, 1024);
  }

  private static String duration(double value) throws TemplateException {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return format("%.4g", value);
    }
    if (value == 0) {
      return format("%.4gs", value);
    }
    if (Math.abs(value) < 1) {
      return shrunk(value, "%.4g%ss");
    }
    String sign = value < 0 ? "-" : "";
    long whole = (long) Math.abs(value);
    long seconds = whole % 60;
    long minutes = whole / 60 % 60;
    long hours = whole / 3600 % 24;
    long days = whole / 86_400;
    if (days != 0) {
      return format("%s%dd %dh %dm %ds", sign, days, hours, minutes, seconds);
    }
    if (hours != 0) {
      return format("%s%dh %dm %ds", sign, hours, minutes, seconds);
    }
    if (minutes != 0) {
      return format("%s%dm %ds", sign, minutes, seconds);
    }
    return format("%s%.4gs", sign, Math.abs(value));
  }

  private static String timestamp(double value) throws TemplateException {
    return Double.isNaN(value) || Double.isInfinite(value)
        ? format("%.4g", value)
        : time(value).toString();
  }

  /** To the millisecond, as Prometheus has times. */
  private static GoTime time(double seconds) throws TemplateException {
    if (Double.isNaN(seconds) || Double.isInfinite(seconds)) {
      throw new TemplateException("value is NaN or Inf");
    }
    double nanos = seconds * NANOS;
    if (nanos > Long.MAX_VALUE || nanos < Long.MIN_VALUE) {
      throw new TemplateException(
          GoValues.number(seconds)
              + " cannot be represented as a nanoseconds timestamp since it overflows int64");
    }
    return GoTime.ofNanos((long) nanos / 1_000_000 * 1_000_000);
  }

  private static double parseDuration(String text) throws TemplateException {
    boolean minus = text.startsWith("-");
    try {
      double seconds = Lengths.prometheusMillis(minus ? text.substring(1) : text) / 1000.0;
      return minus ? -seconds : seconds;
    } catch (Lengths.Malformed e) {
      throw new TemplateException(String.valueOf(e.getMessage()));
    }
  }
}
