package io.trilith.logql.pipeline;

/** {@code | json}: every leaf of an object becomes a label, nested keys joined. */
final class JsonStep implements Step, JsonLeaves.Visitor {
  static final String ERROR = "JSONParserErr";

  private final JsonLeaves leaves = new JsonLeaves(this);
  private final ShapePlans plans;
  private final LabelSink sink;

  JsonStep(Needed needed) {
    this.sink = new LabelSink(needed);
    this.plans = new ShapePlans(shape -> JsonShape.plan(shape, needed));
  }

  @Override
  public boolean process(Entry entry) {
    sink.begin(entry.labels());
    ShapePlan plan = plans.of(entry);
    if (plan != null) {
      sink.follow(plan, entry.row());
      return true;
    }
    String problem = leaves.walk(entry.array(), entry.start(), entry.end());
    if (problem != null) {
      sink.fail(ERROR, problem);
    }
    return true;
  }

  @Override
  public boolean goesInto(String key) {
    return sink.wantsBelow(key);
  }

  @Override
  public void take(String key, JsonText.Kind kind, JsonText text) {
    if (kind != JsonText.Kind.STRING && kind != JsonText.Kind.LITERAL) {
      return;
    }
    String name = sink.wanted(key);
    if (!name.isEmpty()) {
      sink.put(name, kind == JsonText.Kind.STRING ? text.string() : text.raw());
    }
  }

  @Override
  public boolean done() {
    return sink.done();
  }
}
