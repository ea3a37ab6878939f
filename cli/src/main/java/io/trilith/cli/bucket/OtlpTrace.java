package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonGenerator;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spans as OTLP's JSON: an ExportTraceServiceRequest, ids in hex, enums as numbers, 64-bit numbers
 * as texts.
 */
final class OtlpTrace {
  private static final HexFormat HEX = HexFormat.of();

  private OtlpTrace() {}

  static void write(List<Span> spans, JsonGenerator json) throws IOException {
    Map<Span.Resource, Map<Span.Scope, List<Span>>> groups = new LinkedHashMap<>();
    for (Span span : spans) {
      groups
          .computeIfAbsent(span.resource(), _ -> new LinkedHashMap<>())
          .computeIfAbsent(span.scope(), _ -> new ArrayList<>())
          .add(span);
    }
    json.writeStartObject();
    json.writeArrayFieldStart("resourceSpans");
    for (Map.Entry<Span.Resource, Map<Span.Scope, List<Span>>> group : groups.entrySet()) {
      Span.Resource resource = group.getKey();
      json.writeStartObject();
      json.writeObjectFieldStart("resource");
      attributes(resource.attributes(), json);
      some("droppedAttributesCount", resource.droppedAttributes(), json);
      json.writeEndObject();
      json.writeArrayFieldStart("scopeSpans");
      for (Map.Entry<Span.Scope, List<Span>> scope : group.getValue().entrySet()) {
        scope(scope.getKey(), scope.getValue(), json);
      }
      json.writeEndArray();
      some("schemaUrl", resource.schemaUrl(), json);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void scope(Span.Scope scope, List<Span> spans, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("scope");
    some("name", scope.name(), json);
    some("version", scope.version(), json);
    attributes(scope.attributes(), json);
    some("droppedAttributesCount", scope.droppedAttributes(), json);
    json.writeEndObject();
    json.writeArrayFieldStart("spans");
    for (Span span : spans) {
      span(span, json);
    }
    json.writeEndArray();
    some("schemaUrl", scope.schemaUrl(), json);
    json.writeEndObject();
  }

  private static void span(Span span, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("traceId", span.traceId().hex());
    json.writeStringField("spanId", HEX.toHexDigits(span.spanId()));
    if (span.parentId() != 0) {
      json.writeStringField("parentSpanId", HEX.toHexDigits(span.parentId()));
    }
    some("traceState", span.traceState(), json);
    some("flags", span.flags(), json);
    json.writeStringField("name", span.name());
    json.writeNumberField("kind", span.kind());
    json.writeStringField("startTimeUnixNano", Long.toUnsignedString(span.startNanos()));
    json.writeStringField("endTimeUnixNano", Long.toUnsignedString(span.endNanos()));
    attributes(span.attributes(), json);
    some("droppedAttributesCount", span.dropped().attributes(), json);
    if (!span.events().isEmpty()) {
      json.writeArrayFieldStart("events");
      for (Span.Event event : span.events()) {
        json.writeStartObject();
        json.writeStringField("timeUnixNano", Long.toUnsignedString(event.timeNanos()));
        json.writeStringField("name", event.name());
        attributes(event.attributes(), json);
        some("droppedAttributesCount", event.droppedAttributes(), json);
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    some("droppedEventsCount", span.dropped().events(), json);
    if (!span.links().isEmpty()) {
      json.writeArrayFieldStart("links");
      for (Span.Link link : span.links()) {
        link(link, json);
      }
      json.writeEndArray();
    }
    some("droppedLinksCount", span.dropped().links(), json);
    json.writeObjectFieldStart("status");
    some("message", span.status().message(), json);
    some("code", span.status().code(), json);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void link(Span.Link link, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("traceId", link.traceId().hex());
    json.writeStringField("spanId", HEX.toHexDigits(link.spanId()));
    some("traceState", link.traceState(), json);
    some("flags", link.flags(), json);
    attributes(link.attributes(), json);
    some("droppedAttributesCount", link.droppedAttributes(), json);
    json.writeEndObject();
  }

  private static void some(String name, String text, JsonGenerator json) throws IOException {
    if (!text.isEmpty()) {
      json.writeStringField(name, text);
    }
  }

  private static void some(String name, int number, JsonGenerator json) throws IOException {
    if (number != 0) {
      json.writeNumberField(name, Integer.toUnsignedLong(number));
    }
  }

  private static void attributes(Attributes attributes, JsonGenerator json) throws IOException {
    if (attributes.size() > 0) {
      json.writeArrayFieldStart("attributes");
      pairs(attributes, json);
      json.writeEndArray();
    }
  }

  private static void pairs(Attributes attributes, JsonGenerator json) throws IOException {
    for (int i = 0; i < attributes.size(); i++) {
      json.writeStartObject();
      json.writeStringField("key", attributes.key(i));
      json.writeFieldName("value");
      value(attributes.value(i), json);
      json.writeEndObject();
    }
  }

  private static void value(@Nullable AttributeValue value, JsonGenerator json) throws IOException {
    json.writeStartObject();
    switch (value) {
      case null -> {}
      case AttributeValue.Empty _ -> {}
      case AttributeValue.Text text -> json.writeStringField("stringValue", text.value());
      case AttributeValue.Bool bool -> json.writeBooleanField("boolValue", bool.value());
      case AttributeValue.Int number ->
          json.writeStringField("intValue", Long.toString(number.value()));
      case AttributeValue.Real real -> real(real.value(), json);
      case AttributeValue.Bytes bytes ->
          json.writeStringField("bytesValue", Base64.getEncoder().encodeToString(bytes.value()));
      case AttributeValue.Items items -> {
        json.writeObjectFieldStart("arrayValue");
        json.writeArrayFieldStart("values");
        for (AttributeValue item : items.values()) {
          value(item, json);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      case AttributeValue.Entries entries -> {
        json.writeObjectFieldStart("kvlistValue");
        json.writeArrayFieldStart("values");
        pairs(entries.values(), json);
        json.writeEndArray();
        json.writeEndObject();
      }
    }
    json.writeEndObject();
  }

  private static void real(double value, JsonGenerator json) throws IOException {
    if (Double.isFinite(value)) {
      json.writeNumberField("doubleValue", value);
    } else {
      json.writeStringField("doubleValue", Double.toString(value));
    }
  }
}
