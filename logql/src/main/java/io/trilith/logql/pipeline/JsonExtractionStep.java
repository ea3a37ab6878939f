package io.trilith.logql.pipeline;

import io.trilith.logql.ast.Stage;
import java.util.ArrayList;
import java.util.List;

/** {@code | json a="x.y"}: labels from paths; what is not there becomes an empty label. */
final class JsonExtractionStep implements Step {
  private record Target(String label, JsonPath path) {}

  private final JsonText json = new JsonText();
  private final List<Target> targets = new ArrayList<>();
  private final LabelSink sink;

  JsonExtractionStep(Stage.Json stage, Needed needed) {
    for (Stage.Extraction extraction : stage.extractions()) {
      targets.add(new Target(extraction.label(), JsonPath.parse(extraction.source())));
    }
    this.sink = new LabelSink(needed);
  }

  @Override
  public boolean process(Entry entry) {
    sink.begin(entry.labels());
    json.reset(entry.array(), entry.start(), entry.end());
    byte first = json.peek();
    if (first != '{' && first != '[' && first != '"') {
      if (entry.length() > 0) {
        sink.fail(JsonStep.ERROR, null);
      }
      return true;
    }
    for (Target target : targets) {
      json.reset(entry.array(), entry.start(), entry.end());
      String value =
          switch (target.path().find(json)) {
            case JsonPath.Found.Value(String text) -> text;
            case JsonPath.Found.Missing _ -> "";
            case JsonPath.Found.Broken(String problem) -> {
              sink.fail(JsonStep.ERROR, problem);
              yield "";
            }
          };
      sink.replace(target.label(), value);
    }
    return true;
  }
}
