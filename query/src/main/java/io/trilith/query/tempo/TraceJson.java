package io.trilith.query.tempo;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.Base64;
import java.util.List;

/** Traces as the JSON of proto3: ids in base64, 64-bit numbers as texts. */
final class TraceJson {
  private static final String[] KINDS = {
    "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"
  };
  private static final String[] CODES = {"UNSET", "OK", "ERROR"};

  private TraceJson() {}

  private static String base64(byte... bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** The list of ResourceSpans. */
  static void resourceSpans(List<Span> spans, JsonText out) {
    out.open('[');
    for (TraceGroups.ResourceGroup group : TraceGroups.of(spans).resources()) {
      out.open('{').key("resource").open('{');
      attributes(group.resource().attributes(), out);
      dropped("droppedAttributesCount", group.resource().droppedAttributes(), out);
      out.close('}').key("scopeSpans").open('[');
      group.scopes().forEach(scope -> scope(scope, out));
      out.close(']');
      some("schemaUrl", group.resource().schemaUrl(), out);
      out.close('}');
    }
    out.close(']');
  }

  private static void some(String key, String text, JsonText out) {
    if (!text.isEmpty()) {
      out.field(key, text);
    }
  }

  private static void dropped(String key, int count, JsonText out) {
    if (count != 0) {
      out.key(key).number(Integer.toUnsignedLong(count));
    }
  }

  private static void scope(TraceGroups.ScopeGroup group, JsonText out) {
    Span.Scope scope = group.scope();
    out.open('{').key("scope").open('{');
    some("name", scope.name(), out);
    some("version", scope.version(), out);
    if (scope.attributes().size() > 0) {
      attributes(scope.attributes(), out);
    }
    dropped("droppedAttributesCount", scope.droppedAttributes(), out);
    out.close('}').key("spans").open('[');
    group.spans().forEach(span -> span(span, out));
    out.close(']');
    some("schemaUrl", scope.schemaUrl(), out);
    out.close('}');
  }

  private static void span(Span span, JsonText out) {
    out.open('{').field("traceId", base64(TraceProto.id(span.traceId())));
    out.field("spanId", base64(TraceProto.id(span.spanId())));
    some("traceState", span.traceState(), out);
    if (span.parentId() != 0) {
      out.field("parentSpanId", base64(TraceProto.id(span.parentId())));
    }
    if (span.flags() != 0) {
      out.key("flags").number(Integer.toUnsignedLong(span.flags()));
    }
    out.field("name", span.name()).field("kind", "SPAN_KIND_" + KINDS[span.kind()]);
    out.key("startTimeUnixNano").long64(span.startNanos());
    out.key("endTimeUnixNano").long64(span.endNanos());
    attributes(span.attributes(), out);
    dropped("droppedAttributesCount", span.dropped().attributes(), out);
    if (!span.events().isEmpty()) {
      out.key("events").open('[');
      span.events().forEach(event -> event(event, out));
      out.close(']');
    }
    dropped("droppedEventsCount", span.dropped().events(), out);
    if (!span.links().isEmpty()) {
      out.key("links").open('[');
      span.links().forEach(link -> link(link, out));
      out.close(']');
    }
    dropped("droppedLinksCount", span.dropped().links(), out);
    out.key("status").open('{');
    out.field("code", "STATUS_CODE_" + CODES[span.status().code()]);
    some("message", span.status().message(), out);
    out.close('}').close('}');
  }

  private static void event(Span.Event event, JsonText out) {
    out.open('{').key("timeUnixNano").long64(event.timeNanos()).field("name", event.name());
    attributes(event.attributes(), out);
    dropped("droppedAttributesCount", event.droppedAttributes(), out);
    out.close('}');
  }

  private static void link(Span.Link link, JsonText out) {
    out.open('{').field("traceId", base64(TraceProto.id(link.traceId())));
    out.field("spanId", base64(TraceProto.id(link.spanId())));
    some("traceState", link.traceState(), out);
    attributes(link.attributes(), out);
    dropped("droppedAttributesCount", link.droppedAttributes(), out);
    if (link.flags() != 0) {
      out.key("flags").number(Integer.toUnsignedLong(link.flags()));
    }
    out.close('}');
  }

  private static void attributes(Attributes attributes, JsonText out) {
    out.key("attributes");
    keyValues(attributes, out);
  }

  private static void keyValues(Attributes attributes, JsonText out) {
    out.open('[');
    for (int i = 0; i < attributes.size(); i++) {
      out.open('{').field("key", attributes.key(i)).key("value");
      value(attributes.value(i), out);
      out.close('}');
    }
    out.close(']');
  }

  private static void value(AttributeValue value, JsonText out) {
    out.open('{');
    switch (value) {
      case AttributeValue.Empty _ -> {}
      case AttributeValue.Text text -> out.field("stringValue", text.value());
      case AttributeValue.Bool bool -> out.key("boolValue").bool(bool.value());
      case AttributeValue.Int number -> out.key("intValue").long64(number.value());
      case AttributeValue.Real number -> out.key("doubleValue").number(number.value());
      case AttributeValue.Bytes bytes -> out.field("bytesValue", base64(bytes.value()));
      case AttributeValue.Items items -> {
        out.key("arrayValue").open('{').key("values").open('[');
        items.values().forEach(item -> value(item, out));
        out.close(']').close('}');
      }
      case AttributeValue.Entries entries -> {
        out.key("kvlistValue").open('{').key("values");
        keyValues(entries.values(), out);
        out.close('}');
      }
    }
    out.close('}');
  }
}
