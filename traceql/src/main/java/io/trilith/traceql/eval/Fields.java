package io.trilith.traceql.eval;

import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Static;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks attributes and intrinsics up. */
public final class Fields {
  private Fields() {}

  /** A value as TraceQL sees it; nil for what it has no type for: bytes, maps, mixed arrays. */
  public static Static of(@Nullable AttributeValue value) {
    return switch (value) {
      case null -> Static.Nil.INSTANCE;
      case AttributeValue.Text text -> new Static.Text(text.value());
      case AttributeValue.Int number -> new Static.Int(number.value());
      case AttributeValue.Real number -> new Static.Real(number.value());
      case AttributeValue.Bool bool -> new Static.Bool(bool.value());
      case AttributeValue.Items items -> items(items);
      case AttributeValue.Empty _, AttributeValue.Bytes _, AttributeValue.Entries _ ->
          Static.Nil.INSTANCE;
    };
  }

  private static Static items(AttributeValue.Items items) {
    List<Static> values = new ArrayList<>(items.values().size());
    for (AttributeValue item : items.values()) {
      if (item instanceof AttributeValue.Items) {
        return Static.Nil.INSTANCE;
      }
      Static value = of(item);
      if (!(value instanceof Static.Nil)) {
        values.add(value);
      }
    }
    return new Static.Items(values);
  }

  static Static get(Expression.Field field, Row row) {
    return switch (field) {
      case Expression.AttributeField attribute -> attribute(attribute, row);
      case Expression.IntrinsicField intrinsic -> intrinsic(intrinsic.intrinsic(), row);
    };
  }

  /** A field of a span outside of a filter; of events and links the first one that has it. */
  public static Static get(Expression.Field field, TraceView trace, int span) {
    Row row = new Row(trace);
    row.moveTo(span);
    row.anyEvent = isEvent(field) || isLink(field);
    Static value = get(field, row);
    return row.anyEvent && value instanceof Static.Items items && !items.values().isEmpty()
        ? items.values().getFirst()
        : value;
  }

  static boolean isEvent(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField attribute -> attribute.scope() == AttributeScope.EVENT;
      case Expression.IntrinsicField intrinsic -> intrinsic.intrinsic().isEvent();
    };
  }

  static boolean isLink(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField attribute -> attribute.scope() == AttributeScope.LINK;
      case Expression.IntrinsicField intrinsic -> intrinsic.intrinsic().isLink();
    };
  }

  private static Static attribute(Expression.AttributeField field, Row row) {
    String name = field.name();
    Span span = row.span;
    return switch (field.scope()) {
      case SPAN -> of(span.attributes().find(name));
      case RESOURCE -> of(span.resource().attributes().find(name));
      case INSTRUMENTATION -> of(span.scope().attributes().find(name));
      case ANY -> {
        AttributeValue own = span.attributes().find(name);
        yield of(own == null ? span.resource().attributes().find(name) : own);
      }
      case PARENT, PARENT_SPAN, PARENT_RESOURCE -> {
        int parent = row.trace.parent(row.index);
        yield parent < 0
            ? Static.Nil.INSTANCE
            : ofParent(row.trace.span(parent), field.scope(), name);
      }
      case EVENT -> ofEvents(row, event -> find(event.attributes(), name));
      case LINK -> ofLinks(row, link -> find(link.attributes(), name));
    };
  }

  private static Static ofParent(Span parent, AttributeScope scope, String name) {
    AttributeValue own =
        scope == AttributeScope.PARENT_RESOURCE ? null : parent.attributes().find(name);
    boolean both = own == null && scope != AttributeScope.PARENT_SPAN;
    return of(both ? parent.resource().attributes().find(name) : own);
  }

  private static Static find(Attributes attributes, String name) {
    return of(attributes.find(name));
  }

  private static Static ofEvents(Row row, Function<Span.Event, Static> read) {
    if (row.anyEvent) {
      return all(row.span.events(), read);
    }
    return row.event == null ? Static.Nil.INSTANCE : read.apply(row.event);
  }

  private static Static ofLinks(Row row, Function<Span.Link, Static> read) {
    if (row.anyEvent) {
      return all(row.span.links(), read);
    }
    return row.link == null ? Static.Nil.INSTANCE : read.apply(row.link);
  }

  private static <T> Static all(List<T> owners, Function<T, Static> read) {
    List<Static> values = new ArrayList<>();
    for (T owner : owners) {
      Static value = read.apply(owner);
      if (value instanceof Static.Items items) {
        values.addAll(items.values());
      } else if (!(value instanceof Static.Nil)) {
        values.add(value);
      }
    }
    return values.isEmpty() ? Static.Nil.INSTANCE : new Static.Items(values);
  }

  private static Static intrinsic(Intrinsic intrinsic, Row row) {
    Span span = row.span;
    TraceView trace = row.trace;
    return switch (intrinsic) {
      case NAME -> new Static.Text(span.name());
      case KIND -> new Static.Kind(span.kind());
      case STATUS -> new Static.Status(span.status().code());
      case STATUS_MESSAGE -> new Static.Text(span.status().message());
      case DURATION -> new Static.Duration(span.durationNanos());
      case SPAN_ID -> id(span.spanId());
      case PARENT_ID -> span.parentId() == 0 ? Static.Nil.INSTANCE : id(span.parentId());
      case CHILD_COUNT -> new Static.Int(trace.childCount(row.index));
      case TRACE_ID -> new Static.Text(span.traceId().hex());
      case TRACE_DURATION -> new Static.Duration(trace.durationNanos());
      // Without a root, or a name, they are empty texts: "!=" and "!~" find such traces.
      case ROOT_NAME -> new Static.Text(trace.root() == null ? "" : trace.root().name());
      case ROOT_SERVICE -> {
        String service = trace.root() == null ? null : TraceView.service(trace.root());
        yield new Static.Text(service == null ? "" : service);
      }
      case EVENT_NAME -> ofEvents(row, event -> new Static.Text(event.name()));
      case EVENT_TIME ->
          ofEvents(row, event -> new Static.Duration(event.timeNanos() - span.startNanos()));
      case LINK_TRACE_ID -> ofLinks(row, link -> new Static.Text(link.traceId().hex()));
      case LINK_SPAN_ID -> ofLinks(row, link -> id(link.spanId()));
      case SCOPE_NAME -> text(span.scope().name());
      case SCOPE_VERSION -> text(span.scope().version());
      case NESTED_LEFT -> new Static.Int(trace.nestedLeft(row.index));
      case NESTED_RIGHT -> new Static.Int(trace.nestedRight(row.index));
      case NESTED_PARENT -> new Static.Int(trace.nestedParent(row.index));
    };
  }

  private static Static text(@Nullable String text) {
    return text == null ? Static.Nil.INSTANCE : new Static.Text(text);
  }

  private static Static id(long id) {
    return new Static.Text(HexFormat.of().toHexDigits(id));
  }
}
