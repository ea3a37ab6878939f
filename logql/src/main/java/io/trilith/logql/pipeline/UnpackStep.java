package io.trilith.logql.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code | unpack}: labels from an object's strings; {@code _entry} becomes the line. */
final class UnpackStep implements Step {
  private static final String ENTRY = "_entry";
  private static final String NO_OBJECT = "expecting json object(6), but it is not";

  private final JsonText json = new JsonText();
  private final LabelSink sink;
  private final List<String> pairs = new ArrayList<>();

  UnpackStep(Needed needed) {
    this.sink = new LabelSink(needed);
  }

  @Override
  public boolean process(Entry entry) {
    if (entry.length() == 0) {
      return true;
    }
    sink.begin(entry.labels());
    json.reset(entry.array(), entry.start(), entry.end());
    pairs.clear();
    String[] packed = new String[1];
    String problem = read(packed);
    if (problem != null) {
      sink.fail(JsonStep.ERROR, problem);
      return true;
    }
    if (packed[0] != null) {
      for (int i = 0; i < pairs.size(); i += 2) {
        String name = sink.wanted(pairs.get(i));
        if (!name.isEmpty()) {
          sink.put(name, pairs.get(i + 1));
        }
      }
      entry.replaceLine(packed[0]);
    }
    return true;
  }

  private @Nullable String read(String[] packed) {
    if (!json.take('{')) {
      return NO_OBJECT;
    }
    if (json.take('}')) {
      return null;
    }
    do {
      if (!json.takeString()) {
        return NO_OBJECT;
      }
      String key = json.string();
      if (!json.take(':')) {
        return NO_OBJECT;
      }
      JsonText.Kind kind = json.takeValue();
      if (kind == JsonText.Kind.BROKEN || kind == JsonText.Kind.OPEN_STRING) {
        return JsonLeaves.NO_OBJECT;
      }
      if (kind == JsonText.Kind.STRING && key.equals(ENTRY)) {
        packed[0] = json.string();
      } else if (kind == JsonText.Kind.STRING) {
        pairs.add(LabelSink.sanitize(key, true));
        pairs.add(json.string());
      }
    } while (json.take(','));
    return json.take('}') ? null : JsonLeaves.NO_OBJECT;
  }
}
