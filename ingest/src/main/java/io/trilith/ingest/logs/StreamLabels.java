package io.trilith.ingest.logs;

import io.trilith.ingest.Rejections;
import io.trilith.storage.error.InvalidRequestException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the labels of a stream as text: {@code {app="api", env="prod"}}. */
final class StreamLabels {
  private final String text;
  private int at;

  private StreamLabels(String text) {
    this.text = text;
  }

  /** Throws InvalidRequestException. */
  static Map<String, String> parse(String text) {
    return new StreamLabels(text).labels();
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    expect('{');
    space();
    while (at < text.length() && text.charAt(at) != '}') {
      int from = at;
      while (at < text.length()
          && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
        at++;
      }
      String name = text.substring(from, at);
      if (name.isEmpty()) {
        throw wrong("a label name is missing");
      }
      expect('=');
      if (labels.put(name, value()) != null) {
        throw wrong("label " + name + " is there twice");
      }
      space();
      if (at < text.length() && text.charAt(at) == ',') {
        at++;
        space();
      } else if (at < text.length() && text.charAt(at) != '}') {
        throw wrong("a comma is missing");
      }
    }
    expect('}');
    space();
    if (at < text.length()) {
      throw wrong("there is something after the closing brace");
    }
    return labels;
  }

  private void space() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private void expect(char c) {
    space();
    if (at >= text.length() || text.charAt(at) != c) {
      throw wrong("'" + c + "' is missing");
    }
    at++;
  }

  private String value() {
    space();
    char quote = at < text.length() ? text.charAt(at) : ' ';
    if (quote != '"' && quote != '`') {
      throw wrong("a quoted value is missing");
    }
    at++;
    StringBuilder value = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      if (c == '\n' && quote == '"') {
        throw wrong("a value is not terminated");
      }
      if (c == '\\' && quote == '"') {
        escape(value);
      } else {
        value.append(c);
      }
    }
    if (at >= text.length()) {
      throw wrong("a value is not terminated");
    }
    at++;
    return value.toString();
  }

  private void escape(StringBuilder value) {
    char kind = at < text.length() ? text.charAt(at++) : ' ';
    int simple = "abfnrtv\\\"'".indexOf(kind);
    if (simple >= 0) {
      value.append("\u0007\b\f\n\r\t\u000b\\\"'".charAt(simple));
      return;
    }
    int digits =
        switch (kind) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> throw wrong("unknown escape \\" + kind);
        };
    try {
      value.appendCodePoint(Integer.parseInt(text, at, at + digits, 16));
      at += digits;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw wrong("bad escape \\" + kind);
    }
  }

  private InvalidRequestException wrong(String what) {
    return new InvalidRequestException(
        "error parsing labels " + Rejections.quoted(text) + " at character " + at + ": " + what);
  }
}
