package io.trilith.ingest.metrics;

import io.trilith.config.OtlpMetricsConfig;
import io.trilith.config.OtlpTranslation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * OpenTelemetry names as Prometheus has them, by OpenTelemetry's compatibility specification and
 * the strategy that is configured. Thread-safe.
 */
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

  private final OtlpTranslation strategy;
  private final boolean keyBeforeUnderscore;
  private final boolean keepsUnderscores;

  MetricNames(OtlpMetricsConfig config) {
    this.strategy = config.translationStrategy();
    this.keyBeforeUnderscore = config.labelNameUnderscoreSanitization();
    this.keepsUnderscores = config.labelNamePreserveMultipleUnderscores();
  }

  /**
   * A metric's name; by the strategy with its unit, {@code _total} for counters and {@code _ratio}
   * for gauges. Empty when nothing is left of it.
   */
  String metric(String name, String unit, boolean counter, boolean gauge) {
    if (!strategy.escapes()) {
      return strategy.suffixes() ? suffixed(name, unit, counter, gauge) : name;
    }
    List<String> tokens = strategy.suffixes() ? tokens(name) : plainTokens(name);
    if (strategy.suffixes()) {
      addUnit(tokens, unit);
      if (counter) {
        tokens.removeIf(token -> token.equals("total"));
        tokens.add("total");
      }
      if (gauge && unit.equals("1")) {
        tokens.removeIf(token -> token.equals("ratio"));
        tokens.add("ratio");
      }
    }
    String joined = String.join("_", tokens);
    if (isOnlyUnderscores(joined) && !joined.equals(name)) {
      return "";
    }
    return !joined.isEmpty() && isDigit(joined.charAt(0)) ? "_" + joined : joined;
  }

  /** A name as it is, but for suffixes, none of which stands there twice. */
  private static String suffixed(String name, String unit, boolean counter, boolean gauge) {
    boolean ratio = gauge && unit.equals("1");
    String base = ratio ? without(name, "ratio") : name;
    base = counter ? without(base, "total") : base;
    String per = perUnit(unit);
    base = per.isEmpty() ? base : without(base, "per_" + per);
    String main = mainUnit(unit);
    StringBuilder text = new StringBuilder(base);
    if (!main.isEmpty() && !base.endsWith(main)) {
      text.append('_').append(main);
    }
    if (!per.isEmpty()) {
      text.append("_per_").append(per);
    }
    return text.append(counter ? "_total" : "").append(ratio ? "_ratio" : "").toString();
  }

  private static String without(String name, String suffix) {
    return name.endsWith(suffix) && name.length() > suffix.length() + 1
        ? name.substring(0, name.length() - suffix.length() - 1)
        : name;
  }

  private static void addUnit(List<String> tokens, String unit) {
    String main = String.join("_", tokens(mainUnit(unit)));
    if (!main.isEmpty() && !tokens.contains(main)) {
      tokens.add(main);
    }
    String per = String.join("_", tokens(perUnit(unit)));
    if (!per.isEmpty()) {
      tokens.add("per");
      tokens.add(per);
    }
  }

  /** The word for what stands before the slash; what is in braces is a remark, no unit. */
  private static String mainUnit(String unit) {
    int slash = unit.indexOf('/');
    String main = (slash < 0 ? unit : unit.substring(0, slash)).strip();
    return isRemark(main) ? "" : UNITS.getOrDefault(main, main);
  }

  /** The word for what stands behind the slash. */
  private static String perUnit(String unit) {
    int slash = unit.indexOf('/');
    String per = slash < 0 ? "" : unit.substring(slash + 1).strip();
    return isRemark(per) ? "" : PER_UNITS.getOrDefault(per, per);
  }

  private static boolean isRemark(String unit) {
    return unit.indexOf('{') >= 0 || unit.indexOf('}') >= 0;
  }

  /** The unit as it is kept with the metric's metadata: the word that the name ends in. */
  static String unitWord(String unit) {
    List<String> words = new ArrayList<>();
    addUnit(words, unit);
    return String.join("_", words);
  }

  private static List<String> tokens(String name) {
    return tokens(name, false);
  }

  private static List<String> plainTokens(String name) {
    return tokens(name, true);
  }

  private static List<String> tokens(String name, boolean withUnderscores) {
    List<String> tokens = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= name.length(); i++) {
      boolean part = i < name.length() && isOfName(name.charAt(i), withUnderscores);
      if (part && start < 0) {
        start = i;
      } else if (!part && start >= 0) {
        tokens.add(name.substring(start, i));
        start = -1;
      }
    }
    return tokens;
  }

  private static boolean isOfName(char c, boolean withUnderscores) {
    return isAlphanumeric(c) || c == ':' || (withUnderscores && c == '_');
  }

  /**
   * An attribute's key as a label name. Empty when nothing but underscores would be left of it:
   * such an attribute is no label.
   */
  String label(String key) {
    if (!strategy.escapes()) {
      return key;
    }
    if (isClean(key)) {
      return key;
    }
    String name = keepsUnderscores ? escaped(key) : collapsed(key);
    if (!name.isEmpty() && isDigit(name.charAt(0))) {
      name = "key_" + name;
    } else if (keyBeforeUnderscore && name.startsWith("_") && !name.startsWith("__")) {
      name = "key" + name;
    }
    return isOnlyUnderscores(name) ? "" : name;
  }

  /** Whether a key is surely its own label name: letters, digits and underscores between them. */
  private static boolean isClean(String key) {
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean inner = i > 0 && (isDigit(c) || (c == '_' && key.charAt(i - 1) != '_'));
      if (!inner && (!isAlphanumeric(c) || isDigit(c))) {
        return false;
      }
    }
    return true;
  }

  private static String escaped(String key) {
    StringBuilder text = new StringBuilder(key.length());
    key.codePoints().forEach(c -> text.append(isAlphanumeric(c) ? (char) c : '_'));
    return text.toString();
  }

  /** Escaped, with one underscore for several; names such as {@code __x__} keep theirs. */
  private static String collapsed(String key) {
    boolean reserved = key.length() >= 4 && key.startsWith("__") && key.endsWith("__");
    String inner = reserved ? key.substring(2, key.length() - 2) : key;
    StringBuilder text = new StringBuilder(key.length());
    inner
        .codePoints()
        .forEach(
            c -> {
              if (isAlphanumeric(c)) {
                text.append((char) c);
              } else if (text.isEmpty() || text.charAt(text.length() - 1) != '_') {
                text.append('_');
              }
            });
    return reserved ? "__" + text + "__" : text.toString();
  }

  private static boolean isOnlyUnderscores(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) != '_') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
