package io.trilith.tracestore;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A condition on a span that columns can answer. */
public sealed interface SpanFilter {
  /** Holds for every span. */
  record Any() implements SpanFilter {
    public static final Any INSTANCE = new Any();
  }

  record And(List<SpanFilter> parts) implements SpanFilter {
    public And {
      parts = List.copyOf(parts);
    }
  }

  /** Without parts it holds for none. */
  record Or(List<SpanFilter> parts) implements SpanFilter {
    public Or {
      parts = List.copyOf(parts);
    }
  }

  /** Of a field that a span may have several of, one has to pass; of none, what is not there. */
  record Test(SpanField field, ValueTest test) implements SpanFilter {}

  default boolean matches(Span span) {
    return switch (this) {
      case Any _ -> true;
      case And and -> {
        for (SpanFilter part : and.parts) {
          if (!part.matches(span)) {
            yield false;
          }
        }
        yield true;
      }
      case Or or -> {
        for (SpanFilter part : or.parts) {
          if (part.matches(span)) {
            yield true;
          }
        }
        yield false;
      }
      case Test test -> test(test.field, test.test, span);
    };
  }

  private static boolean test(SpanField field, ValueTest test, Span span) {
    return switch (field.kind()) {
      case NAME -> test.text(span.name());
      case KIND -> test.number(span.kind());
      case STATUS -> test.number(span.status().code());
      case STATUS_MESSAGE -> test.text(span.status().message());
      case DURATION -> test.number(span.durationNanos());
      case SCOPE_NAME -> test.text(span.scope().name());
      case SCOPE_VERSION -> test.text(span.scope().version());
      case SPAN_ATTRIBUTE -> test(test, span.attributes().find(field.key()));
      case RESOURCE_ATTRIBUTE -> test(test, span.resource().attributes().find(field.key()));
      case SCOPE_ATTRIBUTE -> test(test, span.scope().attributes().find(field.key()));
      case EVENT_ATTRIBUTE ->
          any(span.events(), test, event -> test(test, event.attributes().find(field.key())));
      case LINK_ATTRIBUTE ->
          any(span.links(), test, link -> test(test, link.attributes().find(field.key())));
      case EVENT_NAME -> any(span.events(), test, event -> test.text(event.name()));
    };
  }

  private static <T> boolean any(List<T> owners, ValueTest test, Predicate<T> passes) {
    if (owners.isEmpty()) {
      return test.missing();
    }
    for (T owner : owners) {
      if (passes.test(owner)) {
        return true;
      }
    }
    return false;
  }

  private static boolean test(ValueTest test, @Nullable AttributeValue value) {
    return value == null ? test.missing() : test.test(value);
  }
}
