package io.trilith.rules.slo;

import com.google.re2j.Pattern;
import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.Lengths;
import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** What files of all forms have; what is wrong is told with the SLO it belongs to. */
final class SloFields {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+(\\.[0-9]+)?");
  private static final int NUMBER_MAX = 30;
  private static final long DAY_MILLIS = 86_400_000;

  private final Problems problems;
  private final CountedExpressions expressions;
  private String slo = "";

  SloFields(CountedExpressions expressions, Problems problems) {
    this.expressions = expressions;
    this.problems = problems;
  }

  /** What is told from now on is about this SLO. */
  void about(String name) {
    slo = name;
  }

  int problemsFound() {
    return problems.found().size();
  }

  void add(@Nullable Node node, String key, String reason) {
    String where = slo.isEmpty() ? "" : "slo \"" + slo + "\"" + (key.isEmpty() ? "" : ": ");
    problems.add(node, where + key, reason);
  }

  /** The fields of a map; null when it is not there or none. */
  @Nullable YamlFields map(YamlFields fields, String key, String what, Set<String> known) {
    Node node = fields.get(key);
    return node == null ? null : of(node, what, known);
  }

  YamlFields of(Node node, String what, Set<String> known) {
    return YamlFields.of(
        node, slo.isEmpty() ? what : what + " of slo \"" + slo + "\"", known, problems);
  }

  /** A name that has to be there. */
  String name(YamlFields fields, String key) {
    String name = fields.text(key);
    if (!NAME.matcher(name).matches()) {
      add(
          fields.has(key) ? fields.get(key) : fields.node(),
          key,
          name.isEmpty()
              ? "is missing"
              : "\""
                  + name
                  + "\" is no name: letters, digits, '-', '_' and '.', a letter or digit at both ends");
    }
    return name;
  }

  /** A decimal number; null when it is none. */
  @Nullable BigDecimal decimal(YamlFields fields, String key) {
    String text = fields.text(key);
    if (text.length() > NUMBER_MAX || !NUMBER.matcher(text).matches()) {
      add(
          fields.has(key) ? fields.get(key) : fields.node(),
          key,
          text.isEmpty() ? "is missing" : "\"" + text + "\" is no decimal number");
      return null;
    }
    return new BigDecimal(text);
  }

  /** A percentage that is neither all nor nothing. */
  @Nullable BigDecimal percent(YamlFields fields, String key) {
    BigDecimal number = decimal(fields, key);
    return number == null ? null : percent(number, fields.get(key), key);
  }

  @Nullable BigDecimal percent(BigDecimal number, @Nullable Node node, String key) {
    if (number.signum() <= 0 || number.compareTo(HUNDRED) >= 0) {
      add(
          node,
          key,
          number.toPlainString()
              + " is not above 0 and below 100 percent; all or nothing leaves no budget");
      return null;
    }
    return number.stripTrailingZeros();
  }

  /** A ratio as a percentage. */
  @Nullable BigDecimal ratio(YamlFields fields, String key) {
    BigDecimal number = decimal(fields, key);
    if (number == null) {
      return null;
    }
    if (number.signum() <= 0 || number.compareTo(BigDecimal.ONE) >= 0) {
      add(
          fields.get(key),
          key,
          number.toPlainString() + " is not above 0 and below 1; percent goes into targetPercent");
      return null;
    }
    return number.movePointRight(2).stripTrailingZeros();
  }

  /** Milliseconds of whole days at least one; empty after a problem. */
  OptionalLong window(@Nullable Node node, String key, String text) {
    try {
      long millis = Lengths.prometheusMillis(text);
      if (millis >= DAY_MILLIS && millis % Slo.MINUTE_MILLIS == 0) {
        return OptionalLong.of(millis);
      }
      add(node, key, "\"" + text + "\" is not at least a day in whole minutes; write 30d or 4w");
    } catch (Lengths.Malformed e) {
      add(node, key, "\"" + text + "\" is no duration; write 30d or 4w");
    }
    return OptionalLong.empty();
  }

  /** Milliseconds of a slice, which has to be whole minutes that divide a day. */
  long slice(YamlFields fields, String key, long otherwise) {
    OptionalLong millis = fields.millis(key);
    if (millis.isEmpty()) {
      return otherwise;
    }
    long slice = millis.getAsLong();
    if (slice < Slo.MINUTE_MILLIS || slice % Slo.MINUTE_MILLIS != 0 || DAY_MILLIS % slice != 0) {
      add(
          fields.get(key),
          key,
          "'"
              + fields.text(key)
              + "' must be whole minutes of which a day is a multiple, as 1m, 5m or 1h");
      return otherwise;
    }
    return slice;
  }

  /** Labels; their names must not be ones that are taken. */
  Map<String, String> labels(YamlFields fields, String key) {
    Map<String, String> labels = fields.texts(key);
    for (String name : labels.keySet()) {
      if (name.isEmpty() || name.equals("__name__") || name.startsWith("sloth_")) {
        add(fields.get(key), key, "\"" + name + "\" cannot be set: the name is taken");
      }
    }
    return labels;
  }

  /** The events of a step by an expression; null after a problem. */
  @Nullable RuleQuery events(
      YamlFields fields, String key, Language language, CountedExpressions.Of of, long step) {
    String text = fields.text(key);
    if (text.isBlank()) {
      add(fields.node(), key, "is missing: an expression in " + language.text());
      return null;
    }
    return events(fields.get(key), key, text, language, of, step);
  }

  @Nullable RuleQuery events(
      @Nullable Node node,
      String key,
      String text,
      Language language,
      CountedExpressions.Of of,
      long step) {
    try {
      return expressions.events(language, text, of, step);
    } catch (InvalidRequestException e) {
      add(node, key, "could not parse expression: " + e.getMessage());
      return null;
    }
  }

  /** An expression that is evaluated as it is; null after a problem. */
  @Nullable RuleQuery plain(YamlFields fields, String key, Language language, long step) {
    String text = fields.text(key);
    if (text.isBlank()) {
      add(fields.node(), key, "is missing: an expression in " + language.text());
      return null;
    }
    try {
      return expressions.plain(language, text, step);
    } catch (InvalidRequestException e) {
      add(fields.get(key), key, "could not parse expression: " + e.getMessage());
      return null;
    }
  }

  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}
