package io.trilith.logql;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A stage as text, and what it does written as plainly as can be: false leaves the entry out.
 *
 * @param text as LogQL
 */
record ModelStage(String text, Predicate<ModelEntry> step) {
  private static final JsonFactory JSON = new JsonFactory();

  static String quoted(String text) {
    return "\""
        + text.replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
            .replace("\0", "\\x00")
            .replace("\u001b", "\\x1b")
        + "\"";
  }

  /** Whether the expression is found somewhere; a dot is anything but the end of a line. */
  private static boolean found(String expression, String text) {
    return text.matches("(?d)(?s:.*)(?:" + expression + ")(?s:.*)");
  }

  static ModelStage contains(boolean wanted, List<String> needles) {
    return new ModelStage(
        (wanted ? "|= " : "!= ") + chain(needles),
        entry -> needles.stream().anyMatch(entry.line::contains) == wanted);
  }

  static ModelStage matches(boolean wanted, List<String> expressions) {
    return new ModelStage(
        (wanted ? "|~ " : "!~ ") + chain(expressions),
        entry -> expressions.stream().anyMatch(e -> found(e, entry.line)) == wanted);
  }

  private static String chain(List<String> texts) {
    return String.join(" or ", texts.stream().map(ModelStage::quoted).toList());
  }

  /** Literals of which each comes after the one before; an open end is {@code <_>}. */
  static ModelStage shape(
      boolean wanted, List<String> literals, boolean openStart, boolean openEnd) {
    String text = (openStart ? "<_>" : "") + String.join("<_>", literals) + (openEnd ? "<_>" : "");
    return new ModelStage(
        (wanted ? "|> " : "!> ") + quoted(text),
        entry -> hasShape(entry.line, literals, openStart, openEnd) == wanted);
  }

  private static boolean hasShape(
      String line, List<String> literals, boolean openStart, boolean openEnd) {
    // What stands for <_> is never empty.
    int at = 0;
    for (int i = 0; i < literals.size(); i++) {
      int found = line.indexOf(literals.get(i), at);
      if (found < 0 || (found == at && (i > 0 || openStart))) {
        return false;
      }
      at = found + literals.get(i).length();
    }
    return !line.isEmpty() && openEnd == (at != line.length());
  }

  static ModelStage json() {
    return new ModelStage("| json", entry -> json(entry, flat(entry.line)));
  }

  private static boolean json(ModelEntry entry, List<String[]> pairs) {
    if (pairs.isEmpty() && !entry.line.stripLeading().startsWith("{")) {
      entry.fail("JSONParserErr");
    }
    pairs.forEach(pair -> entry.parsed(pair[0], pair[1]));
    return true;
  }

  /** Names and values of an object; nothing for what is none. */
  private static List<String[]> flat(String line) {
    List<String[]> pairs = new ArrayList<>();
    List<String> path = new ArrayList<>();
    try (JsonParser in = JSON.createParser(line)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return pairs;
      }
      for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
        switch (token) {
          case FIELD_NAME -> {}
          case START_OBJECT -> path.add(in.currentName());
          case END_OBJECT -> {
            if (path.isEmpty()) {
              return pairs;
            }
            path.removeLast();
          }
          case START_ARRAY -> in.skipChildren();
          case VALUE_NULL -> {}
          default -> {
            path.add(in.currentName());
            String name = String.join("_", path).replaceAll("[^a-zA-Z0-9_]", "_");
            pairs.add(new String[] {name, in.getText()});
            path.removeLast();
          }
        }
      }
    } catch (IOException e) {
      pairs.clear();
    }
    return pairs;
  }

  /** {@code json to="from"}. */
  static ModelStage jsonField(String to, String from) {
    return new ModelStage(
        "| json " + to + "=" + quoted(from),
        entry -> {
          if (entry.line.isEmpty()) {
            return true;
          }
          if (!entry.line.stripLeading().startsWith("{")) {
            entry.fail("JSONParserErr");
            return true;
          }
          String value = "";
          for (String[] pair : flat(entry.line)) {
            value = pair[0].equals(from) && value.isEmpty() ? pair[1] : value;
          }
          String name = entry.base.containsKey(to) ? to + "_extracted" : to;
          entry.labels.put(name, value);
          return true;
        });
  }

  static ModelStage logfmt() {
    return new ModelStage(
        "| logfmt",
        entry -> {
          pairs(entry.line)
              .forEach(
                  pair -> {
                    if (!pair[1].isEmpty()) {
                      entry.parsed(pair[0], pair[1]);
                    }
                  });
          return true;
        });
  }

  /** {@code key=value key="quoted value" bare}. */
  private static List<String[]> pairs(String line) {
    List<String[]> pairs = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      int from = at;
      while (at < line.length() && " =".indexOf(line.charAt(at)) < 0) {
        at++;
      }
      String key = line.substring(from, at);
      if (at == line.length() || line.charAt(at) == ' ') {
        at++;
        continue;
      }
      boolean quoted = line.startsWith("\"", at + 1);
      int value = at + (quoted ? 2 : 1);
      at = value;
      while (at < line.length() && line.charAt(at) != (quoted ? '"' : ' ')) {
        at++;
      }
      pairs.add(new String[] {key, line.substring(value, at)});
      at += quoted ? 2 : 1;
    }
    return pairs;
  }

  /** {@code pattern "<a> LITERAL <b>"}. */
  static ModelStage pattern(String first, String literal, String second) {
    return new ModelStage(
        "| pattern " + quoted("<" + first + ">" + literal + "<" + second + ">"),
        entry -> {
          if (entry.line.isEmpty()) {
            return true;
          }
          int at = entry.line.indexOf(literal);
          if (at < 0) {
            entry.parsed(first, entry.line);
          } else {
            entry.parsed(first, entry.line.substring(0, at));
            entry.parsed(second, entry.line.substring(at + literal.length()));
          }
          return true;
        });
  }

  static ModelStage regexp(String before, String name, String group) {
    return new ModelStage(
        "| regexp " + quoted(before + "(?P<" + name + ">" + group + ")"),
        entry -> {
          if (found(before + group, entry.line)) {
            // The leftmost match: as little as can be stands before it.
            String first = "(?d)(?s:.*?)" + before + "(" + group + ")(?s:.*)";
            entry.parsed(name, entry.line.replaceFirst(first, "$1"));
          }
          return true;
        });
  }

  static ModelStage filter(ModelFilter filter) {
    return new ModelStage("| " + filter.text(), entry -> filter.test().test(entry));
  }

  static ModelStage noErrors() {
    return new ModelStage("| __error__=\"\"", entry -> entry.error.isEmpty());
  }

  static ModelStage lineFormat(String name, String more) {
    return new ModelStage(
        "| line_format `{{." + name + "}} " + more + "{{__line__}}`",
        entry -> {
          entry.line = entry.labels.getOrDefault(name, "") + " " + more + entry.line;
          return true;
        });
  }

  static ModelStage labelFormat(String name, String from) {
    return new ModelStage(
        "| label_format " + name + "=`<{{." + from + " | ToUpper}}>`",
        entry -> {
          String value = entry.labels.getOrDefault(from, "").toUpperCase(Locale.ROOT);
          entry.labels.put(name, "<" + value + ">");
          return true;
        });
  }

  static ModelStage rename(String name, String from) {
    return new ModelStage(
        "| label_format " + name + "=" + from,
        entry -> {
          if (entry.labels.containsKey(from)) {
            String value = entry.labels.remove(from);
            entry.labels.put(name, value);
          }
          return true;
        });
  }

  static ModelStage drop(List<String> names) {
    return new ModelStage(
        "| drop " + String.join(", ", names),
        entry -> {
          names.forEach(entry.labels::remove);
          return true;
        });
  }

  static ModelStage dropEqual(String name, String value) {
    return new ModelStage(
        "| drop " + name + "=" + quoted(value),
        entry -> {
          entry.labels.remove(name, value);
          return true;
        });
  }

  static ModelStage keep(List<String> names) {
    return new ModelStage(
        "| keep " + String.join(", ", names),
        entry -> {
          entry.labels.keySet().retainAll(names);
          return true;
        });
  }

  static ModelStage decolorize() {
    return new ModelStage(
        "| decolorize",
        entry -> {
          entry.line = entry.line.replaceAll("\u001b\\[[0-9;]*m", "");
          return true;
        });
  }

  /** The labels that have a value. */
  static Map<String, String> nonEmpty(Map<String, String> labels) {
    Map<String, String> kept = new TreeMap<>(labels);
    kept.values().removeIf(String::isEmpty);
    return kept;
  }
}
