package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import io.trilith.net.HttpAnswer;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.TraceSearch;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;

/** The answer of a search as Grafana's pinned message knows it: no other keys. */
final class SearchJson {
  /** What stands for a root that is not there. */
  static final String NO_ROOT = "<root span not yet received>";

  private final FoundAttributes attributes;
  private final JsonText out;

  private SearchJson(FoundAttributes attributes, QueryBudget budget) {
    this.attributes = attributes;
    this.out = new JsonText(budget);
  }

  /** Writes an answer. */
  static HttpAnswer of(TraceSearch.Result result, FoundAttributes attributes, QueryBudget budget) {
    SearchJson json = new SearchJson(attributes, budget);
    json.write(result);
    return json.out.answer(200);
  }

  private void write(TraceSearch.Result result) {
    out.open('{').key("traces").open('[');
    result.traces().forEach(this::trace);
    out.close(']').key("metrics").open('{');
    out.key("inspectedTraces").number(result.inspectedTraces());
    out.key("inspectedBytes").long64(0);
    out.key("totalBlocks").number(1);
    out.key("completedJobs").number(1);
    out.key("totalJobs").number(1);
    out.key("totalBlockBytes").long64(0);
    out.key("inspectedSpans").long64(result.inspectedSpans());
    out.close('}').close('}');
  }

  private void trace(TraceSearch.FoundTrace trace) {
    out.open('{').field("traceID", trace.id().shortHex());
    out.field(
        "rootServiceName",
        trace.rootKnown() ? Objects.requireNonNullElse(trace.rootService(), "") : NO_ROOT);
    out.field("rootTraceName", Objects.requireNonNullElse(trace.rootName(), ""));
    out.key("startTimeUnixNano").long64(trace.startNanos());
    out.key("durationMs").number(Math.min(trace.durationNanos() / 1_000_000, 0xffffffffL));
    out.key("spanSet");
    set(trace.sets().getFirst());
    out.key("spanSets").open('[');
    trace.sets().forEach(this::set);
    out.close(']').key("serviceStats").open('{');
    trace
        .services()
        .forEach(
            (service, stats) ->
                out.key(service)
                    .open('{')
                    .key("spanCount")
                    .number(stats.spans())
                    .key("errorCount")
                    .number(stats.errors())
                    .close('}'));
    out.close('}').close('}');
  }

  private void set(TraceSearch.FoundSet set) {
    out.open('{').key("spans").open('[');
    set.spans().forEach(this::span);
    out.close(']').key("matched").number(set.matched());
    attributes(attributes.of(set));
    out.close('}');
  }

  private void span(TraceSearch.FoundSpan found) {
    out.open('{').field("spanID", HexFormat.of().toHexDigits(found.spanId()));
    out.field("name", found.name());
    out.key("startTimeUnixNano").long64(found.startNanos());
    out.key("durationNanos").long64(found.durationNanos());
    attributes(attributes.of(found));
    out.close('}');
  }

  private void attributes(Map<String, Static> all) {
    if (all.isEmpty()) {
      return;
    }
    out.key("attributes").open('[');
    all.forEach(
        (key, value) -> {
          out.open('{').field("key", key).key("value");
          if (value instanceof Static.Items items) {
            out.open('{').key("arrayValue").open('{').key("values").open('[');
            items.values().forEach(item -> value(item, out));
            out.close(']').close('}').close('}');
          } else {
            value(value, out);
          }
          out.close('}');
        });
    out.close(']');
  }

  /** A value as OTLP's AnyValue. */
  static void value(Static value, JsonText out) {
    out.open('{');
    switch (value) {
      case Static.Int number -> out.key("intValue").long64(number.value());
      case Static.Real number -> out.key("doubleValue").number(number.value());
      case Static.Bool bool -> out.key("boolValue").bool(bool.value());
      case Static.Nil _,
          Static.Text _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _,
          Static.Items _ ->
          out.field("stringValue", Printer.text(value));
    }
    out.close('}');
  }
}
