package io.trilith.query.tempo;

import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.TraceSearch;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What the spans of an answer show as attributes, in the kinds that a client can take. */
final class FoundAttributes {
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

  /**
   * Looks at all values of an answer.
   *
   * @param columns whether the client makes a column of each key and so needs one kind of value for
   *     it, as Grafana does; others get the values as they are
   */
  FoundAttributes(TraceSearch.Result result, boolean columns) {
    this.columns = columns;
    for (TraceSearch.FoundTrace trace : result.traces()) {
      for (TraceSearch.FoundSet set : trace.sets()) {
        for (TraceSearch.FoundSpan span : set.spans()) {
          span.fields()
              .forEach(
                  (field, value) ->
                      kinds.merge(key(field), kind(value), (a, b) -> a == b ? a : Kind.TEXT));
        }
      }
    }
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

  /** Those of a span, each key once. */
  Map<String, Static> of(TraceSearch.FoundSpan span) {
    Map<String, Static> attributes = new LinkedHashMap<>();
    span.fields()
        .forEach(
            (field, value) -> {
              if (isAttribute(field)) {
                String key = key(field);
                attributes.putIfAbsent(key, fit(value, kinds.getOrDefault(key, Kind.TEXT)));
              }
            });
    return attributes;
  }

  /** Those of a span set. */
  Map<String, Static> of(TraceSearch.FoundSet set) {
    Map<String, Static> attributes = new LinkedHashMap<>();
    set.attributes().forEach((key, value) -> attributes.put(key, fit(value, kind(value))));
    return attributes;
  }

  private static boolean isAttribute(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField _ -> true;
      case Expression.IntrinsicField intrinsic -> !ELSEWHERE.contains(intrinsic.intrinsic());
    };
  }

  private Static fit(Static value, Kind kind) {
    return columns && kind == Kind.TEXT ? new Static.Text(Printer.text(value)) : value;
  }
}
