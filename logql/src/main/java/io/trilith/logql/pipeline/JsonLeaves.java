package io.trilith.logql.pipeline;

import org.jspecify.annotations.Nullable;

/** Walks what is in a JSON object, nested keys joined. Reusable. Not thread-safe. */
final class JsonLeaves {
  static final String NO_OBJECT = "Value looks like object, but can't find closing '}' symbol";
  static final String OPEN_STRING = "Value is string, but can't find closing '\"' symbol";
  private static final int DEPTH_MAX = 128;

  private final JsonText json = new JsonText();
  private final Visitor visitor;

  /** Takes what is found, in the order of the text. */
  interface Visitor {
    /** Whether to go into the object that stands behind a key; else it is a leaf. */
    boolean goesInto(String key);

    /** Takes a value that the text has just passed over. */
    void take(String key, JsonText.Kind kind, JsonText text);

    /** Whether nothing else is wanted. */
    boolean done();
  }

  JsonLeaves(Visitor visitor) {
    this.visitor = visitor;
  }

  /** Walks a line; what is wrong with it as far as it was walked, or null. */
  @Nullable String walk(byte[] line, int from, int to) {
    json.reset(line, from, to);
    return object("", 0);
  }

  private @Nullable String object(String prefix, int depth) {
    if (!json.take('{')) {
      return NO_OBJECT;
    }
    if (depth > DEPTH_MAX) {
      return "Value is nested deeper than " + DEPTH_MAX;
    }
    if (json.take('}')) {
      return null;
    }
    do {
      if (!json.takeString()) {
        return NO_OBJECT;
      }
      String key = json.name(prefix.isEmpty());
      if (!json.take(':')) {
        return NO_OBJECT;
      }
      String problem = member(prefix, key, depth);
      if (problem != null || visitor.done()) {
        return problem;
      }
    } while (json.take(','));
    return json.take('}') ? null : NO_OBJECT;
  }

  private @Nullable String member(String prefix, String key, int depth) {
    String full = prefix.isEmpty() || key.isEmpty() ? key : prefix + "_" + key;
    if (json.peek() == '{' && !full.isEmpty() && visitor.goesInto(full)) {
      return object(full, depth + 1);
    }
    JsonText.Kind kind = json.takeValue();
    return switch (kind) {
      case STRING, LITERAL, NULL, ARRAY, OBJECT -> {
        visitor.take(full, kind, json);
        yield null;
      }
      case OPEN_STRING -> OPEN_STRING;
      case BROKEN -> NO_OBJECT;
    };
  }
}
