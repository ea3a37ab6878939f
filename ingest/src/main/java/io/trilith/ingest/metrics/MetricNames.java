package io.trilith.ingest.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** OpenTelemetry names as Prometheus has them, by OpenTelemetry's compatibility specification. */
final class MetricNames {
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("d", "days"),
          Map.entry("h", "hours"),
          Map.entry("min", "minutes"),
          Map.entry("s", "seconds"),
          Map.entry("ms", "milliseconds"),
          Map.entry("us", "microseconds"),
          Map.entry("ns", "nanoseconds"),
          Map.entry("By", "bytes"),
          Map.entry("KiBy", "kibibytes"),
          Map.entry("MiBy", "mebibytes"),
          Map.entry("GiBy", "gibibytes"),
          Map.entry("TiBy", "tibibytes"),
          Map.entry("KBy", "kilobytes"),
          Map.entry("MBy", "megabytes"),
          Map.entry("GBy", "gigabytes"),
          Map.entry("TBy", "terabytes"),
          Map.entry("m", "meters"),
          Map.entry("V", "volts"),
          Map.entry("A", "amperes"),
          Map.entry("J", "joules"),
          Map.entry("W", "watts"),
          Map.entry("g", "grams"),
          Map.entry("Cel", "celsius"),
          Map.entry("Hz", "hertz"),
          Map.entry("1", ""),
          Map.entry("%", "percent"));
  private static final Map<String, String> PER_UNITS =
      Map.of(
          "s", "second", "m", "minute", "h", "hour", "d", "day", "w", "week", "mo", "month", "y",
          "year");

  private MetricNames() {}

  /** A metric's name with its unit, {@code _total} for counters and {@code _ratio} for gauges. */
  static String metric(String name, String unit, boolean counter, boolean gauge) {
    List<String> tokens = tokens(name);
    addUnit(tokens, unit);
    if (counter) {
      tokens.removeIf(token -> token.equals("total"));
      tokens.add("total");
    }
    if (gauge && unit.equals("1")) {
      tokens.removeIf(token -> token.equals("ratio"));
      tokens.add("ratio");
    }
    String joined = String.join("_", tokens);
    return !joined.isEmpty() && isDigit(joined.charAt(0)) ? "_" + joined : joined;
  }

  private static void addUnit(List<String> tokens, String unit) {
    int slash = unit.indexOf('/');
    String main = (slash < 0 ? unit : unit.substring(0, slash)).strip();
    if (!main.isEmpty() && main.indexOf('{') < 0) {
      String word = String.join("_", tokens(UNITS.getOrDefault(main, main)));
      if (!word.isEmpty() && !tokens.contains(word)) {
        tokens.add(word);
      }
    }
    String per = slash < 0 ? "" : unit.substring(slash + 1).strip();
    if (!per.isEmpty() && per.indexOf('{') < 0) {
      String word = String.join("_", tokens(PER_UNITS.getOrDefault(per, per)));
      if (!word.isEmpty() && !tokens.contains(word)) {
        tokens.add("per");
        tokens.add(word);
      }
    }
  }

  /** The unit as it is kept with the metric's metadata: the word that the name ends in. */
  static String unitWord(String unit) {
    List<String> words = new ArrayList<>();
    addUnit(words, unit);
    return String.join("_", words);
  }

  private static List<String> tokens(String name) {
    List<String> tokens = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= name.length(); i++) {
      boolean part = i < name.length() && (isAlphanumeric(name.charAt(i)) || name.charAt(i) == ':');
      if (part && start < 0) {
        start = i;
      } else if (!part && start >= 0) {
        tokens.add(name.substring(start, i));
        start = -1;
      }
    }
    return tokens;
  }

  /** An attribute's key as a label name. */
  static String label(String key) {
    boolean clean = true;
    for (int i = 0; i < key.length() && clean; i++) {
      clean = isAlphanumeric(key.charAt(i)) || key.charAt(i) == '_';
    }
    String name = key;
    if (!clean) {
      StringBuilder text = new StringBuilder(key);
      for (int i = 0; i < text.length(); i++) {
        if (!isAlphanumeric(text.charAt(i))) {
          text.setCharAt(i, '_');
        }
      }
      name = text.toString();
    }
    return !name.isEmpty() && isDigit(name.charAt(0)) ? "key_" + name : name;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
