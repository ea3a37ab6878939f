package io.trilith.logql.pipeline;

import org.jspecify.annotations.Nullable;

/** {@code | json}: every leaf of an object becomes a label, nested keys joined. */
final class JsonStep implements Step {
  static final String ERROR = "JSONParserErr";
  static final String NO_OBJECT = "Value looks like object, but can't find closing '}' symbol";
  static final String OPEN_STRING = "Value is string, but can't find closing '\"' symbol";
  private static final int DEPTH_MAX = 128;

  private final JsonText json = new JsonText();
  private final LabelSink sink;

  JsonStep(Needed needed) {
    this.sink = new LabelSink(needed);
  }

  @Override
  public boolean process(Entry entry) {
    sink.begin(entry.labels());
    json.reset(entry.array(), entry.start(), entry.end());
    String problem = object("", 0);
    if (problem != null) {
      sink.fail(ERROR, problem);
    }
    return true;
  }

  /** Reads an object; what is wrong with it, or null. */
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
      if (problem != null || sink.done()) {
        return problem;
      }
    } while (json.take(','));
    return json.take('}') ? null : NO_OBJECT;
  }

  private @Nullable String member(String prefix, String key, int depth) {
    String full = prefix.isEmpty() || key.isEmpty() ? key : prefix + "_" + key;
    if (json.peek() == '{' && !full.isEmpty() && sink.wantsBelow(full)) {
      return object(full, depth + 1);
    }
    return switch (json.takeValue()) {
      case STRING -> {
        String name = sink.wanted(full);
        if (!name.isEmpty()) {
          sink.put(name, json.string());
        }
        yield null;
      }
      case LITERAL -> {
        String name = sink.wanted(full);
        if (!name.isEmpty()) {
          sink.put(name, json.raw());
        }
        yield null;
      }
      case NULL, ARRAY, OBJECT -> null;
      case OPEN_STRING -> OPEN_STRING;
      case BROKEN -> NO_OBJECT;
    };
  }
}
