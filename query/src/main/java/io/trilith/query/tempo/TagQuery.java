package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.engine.QueryContext;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.BudgetCost;
import io.trilith.traceql.eval.Conditions;
import io.trilith.traceql.eval.Fields;
import io.trilith.traceql.eval.Needs;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.traceql.eval.TraceView;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanReader;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Names and values of attributes, of the spans that a filter selects. Confined to one request. */
final class TagQuery {
  private static final int ENTRY_BYTES = 200;

  private final SpanReader reader;
  private final Parameters.Range range;
  private final TraceQueryConfig config;
  private final QueryContext context;
  private final @Nullable Pipeline filter;
  private long spans;

  TagQuery(
      SpanReader reader,
      Parameters.Range range,
      String query,
      TraceQueryConfig config,
      QueryContext context) {
    this.reader = reader;
    this.range = range;
    this.config = config;
    this.context = context;
    this.filter = filter(query);
  }

  /** What of a text that is still being written can be used: whole conditions. */
  static @Nullable Pipeline filter(String query) {
    Pipeline whole = parse(query);
    if (whole != null || query.isBlank() || isWhole(query)) {
      return whole;
    }
    int open = query.indexOf('{');
    if (open < 0 || query.contains("||")) {
      return null;
    }
    StringBuilder usable = new StringBuilder();
    for (String part : conditions(query.substring(open + 1))) {
      if (!part.isBlank() && parse("{" + part + "}") != null) {
        usable.append(usable.isEmpty() ? "" : " && ").append(part);
      }
    }
    return usable.isEmpty() ? null : parse("{" + usable + "}");
  }

  /** Whether it needs no more text: of several spansets none is the filter. */
  private static boolean isWhole(String query) {
    try {
      TraceQuery _ = TraceQueries.parse(query);
      return true;
    } catch (InvalidRequestException e) {
      return false;
    }
  }

  private static @Nullable Pipeline parse(String text) {
    try {
      return TraceQueries.parse(text) instanceof TraceQuery.Search search
              && search.pipeline().stages().getFirst() instanceof Pipeline.Filter
          ? search.pipeline()
          : null;
    } catch (InvalidRequestException e) {
      return null;
    }
  }

  /** Splits at {@code &&} outside of quotes, up to the closing brace. */
  private static List<String> conditions(String text) {
    List<String> parts = new java.util.ArrayList<>();
    int from = 0;
    char quote = 0;
    int at = 0;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (quote != 0) {
        at += c == '\\' && quote == '"' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (c == '}') {
        break;
      } else if (text.startsWith("&&", at)) {
        parts.add(text.substring(from, at));
        at++;
        from = at + 1;
      }
    }
    parts.add(text.substring(Math.min(from, text.length()), Math.min(at, text.length())));
    return parts;
  }

  /** Takes one span of a trace. */
  private interface SpanVisitor {
    void visit(TraceView trace, int span);
  }

  private void scan(SpanVisitor visitor) {
    Needs.Of needs = filter == null ? new Needs.Of(List.of(), _ -> true, 0) : Needs.of(filter);
    reader.select(
        new SpanReader.Selection(
            needs.filters(), needs.wanted(), range.start(), range.end(), config.traceSpansMax()),
        new BudgetCost(context),
        trace -> {
          spans += trace.spans().size();
          TraceSearch.checkExamined(spans, config.spansExaminedMax());
          context.check();
          TraceView view = new TraceView(trace);
          BitSet selected;
          if (filter == null) {
            selected = new BitSet(view.size());
            selected.set(0, view.size());
          } else {
            selected = PipelineRun.matched(filter, view, context);
          }
          for (int i = selected.nextSetBit(0); i >= 0; i = selected.nextSetBit(i + 1)) {
            visitor.visit(view, i);
          }
          return true;
        });
  }

  /** Names by scope; only of the scope that is asked for when one is. */
  Map<AttributeScope, TreeSet<String>> names(@Nullable AttributeScope only) {
    Map<AttributeScope, TreeSet<String>> names = new EnumMap<>(AttributeScope.class);
    if (filter == null) {
      reader.keys(
          range.start(),
          range.end(),
          new BudgetCost(context),
          (kind, key) -> name(scope(kind), key, only, names));
      return names;
    }
    scan((view, span) -> names(view.span(span), only, names));
    return names;
  }

  private void names(
      Span span, @Nullable AttributeScope only, Map<AttributeScope, TreeSet<String>> into) {
    names(AttributeScope.RESOURCE, span.resource().attributes(), only, into);
    names(AttributeScope.SPAN, span.attributes(), only, into);
    names(AttributeScope.INSTRUMENTATION, span.scope().attributes(), only, into);
    span.events().forEach(e -> names(AttributeScope.EVENT, e.attributes(), only, into));
    span.links().forEach(l -> names(AttributeScope.LINK, l.attributes(), only, into));
  }

  private void names(
      AttributeScope scope,
      Attributes attributes,
      @Nullable AttributeScope only,
      Map<AttributeScope, TreeSet<String>> into) {
    for (int i = 0; i < attributes.size(); i++) {
      name(scope, attributes.key(i), only, into);
    }
  }

  private void name(
      AttributeScope scope,
      String name,
      @Nullable AttributeScope only,
      Map<AttributeScope, TreeSet<String>> into) {
    if (only != null && only != scope) {
      return;
    }
    TreeSet<String> names = into.computeIfAbsent(scope, _ -> new TreeSet<>());
    if (names.size() < config.tagsMax() && names.add(name)) {
      context.budget().addBytes(ENTRY_BYTES + name.length());
    }
  }

  private static AttributeScope scope(SpanField.Kind kind) {
    return switch (kind) {
      case RESOURCE_ATTRIBUTE -> AttributeScope.RESOURCE;
      case SCOPE_ATTRIBUTE -> AttributeScope.INSTRUMENTATION;
      case EVENT_ATTRIBUTE -> AttributeScope.EVENT;
      case LINK_ATTRIBUTE -> AttributeScope.LINK;
      case SPAN_ATTRIBUTE,
          EVENT_NAME,
          NAME,
          KIND,
          STATUS,
          STATUS_MESSAGE,
          DURATION,
          SCOPE_NAME,
          SCOPE_VERSION ->
          AttributeScope.SPAN;
    };
  }

  /** A value with the word for its type. */
  record Value(String type, String text) {}

  /** The distinct values of a field, sorted by their text. */
  List<Value> values(Expression.Field field, int limit) {
    TreeMap<String, Value> found = new TreeMap<>();
    Set<Static> seen = new HashSet<>();
    Consumer<Static> collect =
        value -> {
          String type = seen.add(value) ? type(value) : null;
          if (type != null && found.size() < limit) {
            String text = Printer.text(value);
            if (found.putIfAbsent(text + '\0' + type, new Value(type, text)) == null) {
              context.budget().addBytes(ENTRY_BYTES + 2L * text.length());
            }
          }
        };
    List<SpanField> columns = filter == null ? columns(field) : List.of();
    if (columns.isEmpty()) {
      scan((view, span) -> values(field, view, span, collect));
    }
    for (SpanField column : columns) {
      reader.values(
          column,
          range.start(),
          range.end(),
          new BudgetCost(context),
          value -> each(Conditions.value(column, value), collect));
    }
    return List.copyOf(found.values());
  }

  /** Where the values of a field are; none when only whole traces know it. */
  private static List<SpanField> columns(Expression.Field field) {
    if (field instanceof Expression.AttributeField attribute
        && attribute.scope() == AttributeScope.ANY) {
      return List.of(
          new SpanField(SpanField.Kind.SPAN_ATTRIBUTE, attribute.name()),
          new SpanField(SpanField.Kind.RESOURCE_ATTRIBUTE, attribute.name()));
    }
    SpanField column = Conditions.field(field);
    return column == null ? List.of() : List.of(column);
  }

  private static void values(
      Expression.Field field, TraceView view, int index, Consumer<Static> into) {
    Span span = view.span(index);
    if (field instanceof Expression.AttributeField attribute) {
      switch (attribute.scope()) {
        case EVENT -> {
          span.events().forEach(e -> each(find(e.attributes(), attribute), into));
          return;
        }
        case LINK -> {
          span.links().forEach(l -> each(find(l.attributes(), attribute), into));
          return;
        }
        case ANY -> {
          each(find(span.attributes(), attribute), into);
          each(find(span.resource().attributes(), attribute), into);
          return;
        }
        case SPAN, RESOURCE, INSTRUMENTATION, PARENT, PARENT_SPAN, PARENT_RESOURCE -> {}
      }
    }
    if (field instanceof Expression.IntrinsicField intrinsic
        && intrinsic.intrinsic() == Intrinsic.EVENT_NAME) {
      span.events().forEach(event -> into.accept(new Static.Text(event.name())));
      return;
    }
    each(Fields.get(field, view, index), into);
  }

  private static Static find(Attributes attributes, Expression.AttributeField field) {
    return Fields.of(attributes.find(field.name()));
  }

  private static void each(Static value, Consumer<Static> into) {
    if (value instanceof Static.Items items) {
      items.values().forEach(into);
    } else {
      into.accept(value);
    }
  }

  private static @Nullable String type(Static value) {
    return switch (value) {
      case Static.Text _ -> "string";
      case Static.Int _ -> "int";
      case Static.Real _ -> "float";
      case Static.Bool _ -> "bool";
      case Static.Status _, Static.Kind _ -> "keyword";
      case Static.Duration _ -> "duration";
      case Static.Nil _, Static.Items _ -> null;
    };
  }
}
