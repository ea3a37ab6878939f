package io.trilith.query.tempo;

import io.trilith.net.wire.ProtoWriter;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Traces as OTLP's protobuf. Resource, scope and status are written even when they are empty:
 * Grafana dereferences them unseen.
 */
final class TraceProto {
  private TraceProto() {}

  static byte[] id(TraceId id) {
    return ByteBuffer.allocate(16).putLong(id.high()).putLong(id.low()).array();
  }

  static byte[] id(long spanId) {
    return ByteBuffer.allocate(8).putLong(spanId).array();
  }

  /** The fields of a tempopb.Trace, which is OTLP's TracesData. */
  static void put(List<Span> spans, ProtoWriter out) {
    for (TraceGroups.ResourceGroup group : TraceGroups.of(spans).resources()) {
      int resourceSpans = out.begin(1);
      int resource = out.begin(1);
      attributes(1, group.resource().attributes(), out);
      out.some(2, group.resource().droppedAttributes());
      out.end(resource);
      for (TraceGroups.ScopeGroup scope : group.scopes()) {
        int scopeSpans = out.begin(2);
        scope(scope, out);
        out.end(scopeSpans);
      }
      out.some(3, group.resource().schemaUrl());
      out.end(resourceSpans);
    }
  }

  private static void scope(TraceGroups.ScopeGroup group, ProtoWriter out) {
    Span.Scope scope = group.scope();
    int about = out.begin(1);
    out.some(1, scope.name()).some(2, scope.version());
    attributes(3, scope.attributes(), out);
    out.some(4, scope.droppedAttributes());
    out.end(about);
    for (Span span : group.spans()) {
      int nested = out.begin(2);
      span(span, out);
      out.end(nested);
    }
    out.some(3, scope.schemaUrl());
  }

  private static void span(Span span, ProtoWriter out) {
    out.bytes(1, id(span.traceId())).bytes(2, id(span.spanId())).some(3, span.traceState());
    if (span.parentId() != 0) {
      out.bytes(4, id(span.parentId()));
    }
    out.string(5, span.name()).some(6, span.kind());
    // Grafana's plugin, which alone asks for protobuf, subtracts without a sign: 584 years. JSON
    // has the end as it was sent.
    out.fixed64(7, span.startNanos()).fixed64(8, Math.max(span.startNanos(), span.endNanos()));
    attributes(9, span.attributes(), out);
    out.some(10, span.dropped().attributes());
    for (Span.Event event : span.events()) {
      int nested = out.begin(11);
      out.fixed64(1, event.timeNanos()).some(2, event.name());
      attributes(3, event.attributes(), out);
      out.some(4, event.droppedAttributes()).end(nested);
    }
    out.some(12, span.dropped().events());
    span.links().forEach(link -> link(link, out));
    out.some(14, span.dropped().links());
    int status = out.begin(15);
    out.some(2, span.status().message()).some(3, span.status().code()).end(status);
    if (span.flags() != 0) {
      out.fixed32(16, span.flags());
    }
  }

  private static void link(Span.Link link, ProtoWriter out) {
    int nested = out.begin(13);
    out.bytes(1, id(link.traceId())).bytes(2, id(link.spanId())).some(3, link.traceState());
    attributes(4, link.attributes(), out);
    out.some(5, link.droppedAttributes());
    if (link.flags() != 0) {
      out.fixed32(6, link.flags());
    }
    out.end(nested);
  }

  private static void attributes(int field, Attributes attributes, ProtoWriter out) {
    for (int i = 0; i < attributes.size(); i++) {
      int pair = out.begin(field);
      out.string(1, attributes.key(i));
      int value = out.begin(2);
      value(attributes.value(i), out);
      out.end(value);
      out.end(pair);
    }
  }

  private static void value(AttributeValue value, ProtoWriter out) {
    switch (value) {
      case AttributeValue.Empty _ -> {}
      case AttributeValue.Text text -> out.string(1, text.value());
      case AttributeValue.Bool bool -> out.varint(2, bool.value() ? 1 : 0);
      case AttributeValue.Int number -> out.varint(3, number.value());
      case AttributeValue.Real number -> out.float64(4, number.value());
      case AttributeValue.Items items -> {
        int array = out.begin(5);
        for (AttributeValue item : items.values()) {
          int nested = out.begin(1);
          value(item, out);
          out.end(nested);
        }
        out.end(array);
      }
      case AttributeValue.Entries entries -> {
        int map = out.begin(6);
        attributes(1, entries.values(), out);
        out.end(map);
      }
      case AttributeValue.Bytes bytes -> out.bytes(7, bytes.value());
    }
  }
}
