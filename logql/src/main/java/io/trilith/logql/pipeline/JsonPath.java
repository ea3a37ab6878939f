package io.trilith.logql.pipeline;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A path into a JSON document: {@code a.b}, {@code a["b-c"]}, {@code a[0]["k"]}. Immutable. */
final class JsonPath {
  private static final int STEPS_MAX = 128;

  /** A member by name or, without one, an element by number. */
  @SuppressWarnings("ArrayRecordComponent") // compared as bytes of a line, never by equals
  private record Node(byte @Nullable [] name, int index) {}

  private final List<Node> nodes;

  private JsonPath(List<Node> nodes) {
    this.nodes = nodes;
  }

  /** Throws InvalidRequestException. */
  static JsonPath parse(String text) {
    List<Node> nodes = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '[') {
        at = bracket(text, at + 1, nodes);
      } else {
        if (c == '.' && !nodes.isEmpty()) {
          at++;
        } else if (!nodes.isEmpty()) {
          throw invalid(text);
        }
        int from = at;
        while (at < text.length() && ".[".indexOf(text.charAt(at)) < 0) {
          at++;
        }
        String name = text.substring(from, at);
        if (!identifier(name)) {
          throw invalid(text);
        }
        nodes.add(new Node(name.getBytes(StandardCharsets.UTF_8), 0));
      }
    }
    if (nodes.isEmpty() || nodes.size() > STEPS_MAX) {
      throw invalid(text);
    }
    return new JsonPath(List.copyOf(nodes));
  }

  private static int bracket(String text, int from, List<Node> nodes) {
    int close;
    if (from < text.length() && text.charAt(from) == '"') {
      int quote = text.indexOf('"', from + 1);
      close = quote + 1;
      if (quote < 0 || close >= text.length() || text.charAt(close) != ']') {
        throw invalid(text);
      }
      nodes.add(new Node(text.substring(from + 1, quote).getBytes(StandardCharsets.UTF_8), 0));
      return close + 1;
    }
    close = text.indexOf(']', from);
    if (close <= from || close - from > 9) {
      throw invalid(text);
    }
    int index = GoNumber.digits(text, from, close, 10);
    if (index < 0) {
      throw invalid(text);
    }
    nodes.add(new Node(null, index));
    return close + 1;
  }

  private static boolean identifier(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = Character.isLetter(c) || c == '_';
      if (!letter && (i == 0 || !(Character.isDigit(c) || c == '-'))) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static InvalidRequestException invalid(String text) {
    String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
    return new InvalidRequestException(
        "parse error : cannot parse expression [" + shown + "]: syntax error in JSON path");
  }

  /** Where a walk ended. */
  sealed interface Found {
    record Value(String text) implements Found {}

    record Missing() implements Found {}

    record Broken(String problem) implements Found {}
  }

  private static final Found MISSING = new Found.Missing();

  Found find(JsonText json) {
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      byte[] name = node.name();
      boolean there = name == null ? element(json, node.index()) : member(json, name);
      if (!there) {
        return MISSING;
      }
    }
    return switch (json.takeValue()) {
      case STRING -> new Found.Value(json.string());
      case LITERAL, OBJECT, ARRAY -> new Found.Value(json.raw());
      case NULL -> MISSING;
      case OPEN_STRING -> new Found.Broken(JsonLeaves.OPEN_STRING);
      case BROKEN -> new Found.Broken(JsonLeaves.NO_OBJECT);
    };
  }

  private static boolean member(JsonText json, byte[] name) {
    if (!json.take('{')) {
      return false;
    }
    do {
      if (!json.takeString()) {
        return false;
      }
      boolean here = json.rawEquals(name);
      if (!json.take(':')) {
        return false;
      }
      if (here) {
        return true;
      }
      JsonText.Kind kind = json.takeValue();
      if (kind == JsonText.Kind.BROKEN || kind == JsonText.Kind.OPEN_STRING) {
        return false;
      }
    } while (json.take(','));
    return false;
  }

  private static boolean element(JsonText json, int index) {
    if (!json.take('[')) {
      return false;
    }
    for (int i = 0; i < index; i++) {
      JsonText.Kind kind = json.takeValue();
      boolean broken = kind == JsonText.Kind.BROKEN || kind == JsonText.Kind.OPEN_STRING;
      if (broken || !json.take(',')) {
        return false;
      }
    }
    return json.peek() != ']';
  }
}
