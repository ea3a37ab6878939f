package io.trilith.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tells which path of a JSON line a label of the json parser stands for. */
public final class JsonKeys {
  private static final int DEPTH_MAX = 32;

  private final JsonText json = new JsonText();
  private final Map<String, List<String>> paths;
  private final List<String> path = new ArrayList<>();

  /** Paths by label are put into the map; the first path of a label stays. */
  public JsonKeys(Map<String, List<String>> paths) {
    this.paths = paths;
  }

  /** Takes what is readable of a line. */
  public void add(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    json.reset(bytes, 0, bytes.length);
    path.clear();
    object("", 0);
  }

  private boolean object(String prefix, int depth) {
    if (depth > DEPTH_MAX || !json.take('{')) {
      return false;
    }
    if (json.take('}')) {
      return true;
    }
    do {
      if (!json.takeString()) {
        return false;
      }
      String key = json.string();
      String name = LabelSink.sanitize(key, prefix.isEmpty());
      if (!json.take(':')) {
        return false;
      }
      String full = prefix.isEmpty() ? name : prefix + "_" + name;
      path.add(key);
      boolean fine;
      if (json.peek() == '{') {
        fine = object(full, depth + 1);
      } else {
        JsonText.Kind kind = json.takeValue();
        fine = kind != JsonText.Kind.BROKEN && kind != JsonText.Kind.OPEN_STRING;
        paths.putIfAbsent(full, List.copyOf(path));
      }
      path.removeLast();
      if (!fine) {
        return false;
      }
    } while (json.take(','));
    return json.take('}');
  }
}
