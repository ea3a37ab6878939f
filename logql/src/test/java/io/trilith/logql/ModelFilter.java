package io.trilith.logql;

import java.util.function.DoublePredicate;
import java.util.function.Predicate;

/**
 * A filter of labels as text and as a test.
 *
 * @param text as LogQL
 */
record ModelFilter(String text, Predicate<ModelEntry> test) {
  static ModelFilter equal(String name, String value, boolean wanted) {
    return new ModelFilter(
        name + (wanted ? "=" : "!=") + ModelStage.quoted(value),
        entry -> entry.get(name).equals(value) == wanted);
  }

  static ModelFilter regex(String name, String expression, boolean wanted) {
    return new ModelFilter(
        name + (wanted ? "=~" : "!~") + ModelStage.quoted(expression),
        entry -> entry.get(name).matches("(?d)(?:" + expression + ")") == wanted);
  }

  /** A comparison with a number, a duration in ms or a size in bytes. */
  static ModelFilter number(String name, String operator, double than, String unit) {
    DoublePredicate holds =
        value ->
            switch (operator) {
              case ">" -> value > than;
              case ">=" -> value >= than;
              case "<" -> value < than;
              case "<=" -> value <= than;
              case "==" -> value == than;
              case "!=" -> value != than;
              default -> throw new IllegalArgumentException(operator);
            };
    return new ModelFilter(
        name + operator + (long) than + unit,
        entry -> {
          String value = entry.labels.get(name);
          if (value == null) {
            return false;
          }
          double number = value(value, unit);
          if (Double.isNaN(number)) {
            entry.fail("LabelFilterErr");
            return true;
          }
          return holds.test(number);
        });
  }

  /** The value in the unit, NaN when it has none. */
  static double value(String text, String unit) {
    String digits = text.replaceFirst("(?:ms|s|KiB|kB|B)$", "");
    if (!digits.matches("-?[0-9]+(\\.[0-9]+)?")) {
      return Double.NaN;
    }
    double number = Double.parseDouble(digits);
    String own = text.substring(digits.length());
    return switch (unit + "/" + own) {
      case "/", "ms/ms", "B/B" -> number;
      case "ms/s" -> number * 1000;
      case "B/kB" -> number * 1000;
      case "B/KiB" -> number * 1024;
      // A duration of 0 needs no unit, a size never does.
      case "ms/" -> number == 0 ? 0 : Double.NaN;
      case "B/" -> number;
      default -> Double.NaN;
    };
  }

  ModelFilter and(ModelFilter other, String word) {
    return new ModelFilter(
        text + word + other.text,
        entry -> {
          boolean left = test.test(entry);
          return other.test.test(entry) && left;
        });
  }

  ModelFilter or(ModelFilter other) {
    return new ModelFilter(
        text + " or " + other.text, entry -> test.test(entry) || other.test.test(entry));
  }

  ModelFilter grouped() {
    return new ModelFilter("(" + text + ")", test);
  }
}
