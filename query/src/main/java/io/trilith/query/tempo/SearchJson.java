package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.tracestore.Span;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The answer of a search as Grafana's pinned message knows it: no other keys. */
final class SearchJson {
  private static final String NO_ROOT = "<root span not yet received>";

  /** What the answer has outside of the attributes. */
  private static final Set<Intrinsic> ELSEWHERE =
      EnumSet.of(
          Intrinsic.NAME,
          Intrinsic.DURATION,
          Intrinsic.SPAN_ID,
          Intrinsic.TRACE_ID,
          Intrinsic.TRACE_DURATION,
          Intrinsic.ROOT_NAME,
          Intrinsic.ROOT_SERVICE);

  private enum Kind {
    NUMBER,
    BOOL,
    TEXT
  }

  /** The one kind that all values of a key get: Grafana makes a column of each key. */
  private final Map<String, Kind> kinds = new HashMap<>();

  private final boolean columns;
  private final JsonText out;

  private SearchJson(boolean columns, QueryBudget budget) {
    this.out = new JsonText(budget);
    this.columns = columns;
  }

  /**
   * Writes an answer.
   *
   * @param columns whether the client makes a column of each key and so needs one kind of value for
   *     it, as Grafana does; others get the values as they are
   */
  static String of(TraceSearch.Result result, boolean columns, QueryBudget budget) {
    SearchJson json = new SearchJson(columns, budget);
    for (TraceSearch.FoundTrace trace : result.traces()) {
      for (TraceSearch.FoundSet set : trace.sets()) {
        for (TraceSearch.FoundSpan span : set.spans()) {
          span.fields().forEach((field, value) -> json.note(key(field), value));
        }
      }
    }
    json.write(result);
    return json.out.toString();
  }

  private void note(String key, Static value) {
    kinds.merge(key, kind(value), (a, b) -> a == b ? a : Kind.TEXT);
  }

  private static Kind kind(Static value) {
    return switch (value) {
      case Static.Int _, Static.Real _ -> Kind.NUMBER;
      case Static.Bool _ -> Kind.BOOL;
      case Static.Nil _,
          Static.Text _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _,
          Static.Items _ ->
          Kind.TEXT;
    };
  }

  private static String key(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField attribute -> attribute.name();
      case Expression.IntrinsicField intrinsic -> intrinsic.intrinsic().text();
    };
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
    out.open('{').field("traceID", trace.id().hex());
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
    if (!set.attributes().isEmpty()) {
      out.key("attributes").open('[');
      set.attributes().forEach((key, value) -> attribute(key, value, kind(value)));
      out.close(']');
    }
    out.close('}');
  }

  private void span(TraceSearch.FoundSpan found) {
    Span span = found.span();
    out.open('{').field("spanID", HexFormat.of().toHexDigits(span.spanId()));
    out.field("name", span.name());
    out.key("startTimeUnixNano").long64(span.startNanos());
    out.key("durationNanos").long64(span.durationNanos());
    List<Map.Entry<Expression.Field, Static>> attributes =
        found.fields().entrySet().stream().filter(entry -> isAttribute(entry.getKey())).toList();
    if (!attributes.isEmpty()) {
      Set<String> written = new HashSet<>();
      out.key("attributes").open('[');
      for (Map.Entry<Expression.Field, Static> entry : attributes) {
        String key = key(entry.getKey());
        if (written.add(key)) {
          attribute(key, entry.getValue(), kinds.getOrDefault(key, Kind.TEXT));
        }
      }
      out.close(']');
    }
    out.close('}');
  }

  private static boolean isAttribute(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField _ -> true;
      case Expression.IntrinsicField intrinsic -> !ELSEWHERE.contains(intrinsic.intrinsic());
    };
  }

  private void attribute(String key, Static value, Kind kind) {
    out.open('{').field("key", key).key("value");
    if (!columns && value instanceof Static.Items items) {
      out.open('{').key("arrayValue").open('{').key("values").open('[');
      items.values().forEach(item -> value(item, out));
      out.close(']').close('}').close('}');
    } else {
      boolean text = columns && kind == Kind.TEXT;
      value(text ? new Static.Text(Printer.text(value)) : value, out);
    }
    out.close('}');
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
