package io.trilith.query.tempo;

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

  /** A tempopb.Trace, which is OTLP's TracesData. */
  static ProtoText trace(List<Span> spans) {
    ProtoText out = new ProtoText();
    for (TraceGroups.ResourceGroup group : TraceGroups.of(spans).resources()) {
      ProtoText resourceSpans = new ProtoText();
      ProtoText resource = new ProtoText();
      attributes(1, group.resource().attributes(), resource);
      resource.some(2, group.resource().droppedAttributes());
      resourceSpans.message(1, resource);
      for (TraceGroups.ScopeGroup scope : group.scopes()) {
        resourceSpans.message(2, scope(scope));
      }
      out.message(1, resourceSpans.some(3, group.resource().schemaUrl()));
    }
    return out;
  }

  private static ProtoText scope(TraceGroups.ScopeGroup group) {
    Span.Scope scope = group.scope();
    ProtoText about = new ProtoText().some(1, scope.name()).some(2, scope.version());
    attributes(3, scope.attributes(), about);
    about.some(4, scope.droppedAttributes());
    ProtoText out = new ProtoText().message(1, about);
    for (Span span : group.spans()) {
      out.message(2, span(span));
    }
    return out.some(3, scope.schemaUrl());
  }

  private static ProtoText span(Span span) {
    ProtoText out = new ProtoText();
    out.bytes(1, id(span.traceId())).bytes(2, id(span.spanId())).some(3, span.traceState());
    if (span.parentId() != 0) {
      out.bytes(4, id(span.parentId()));
    }
    out.text(5, span.name()).some(6, span.kind());
    out.fixed64(7, span.startNanos()).fixed64(8, span.endNanos());
    attributes(9, span.attributes(), out);
    out.some(10, span.dropped().attributes());
    for (Span.Event event : span.events()) {
      ProtoText nested = new ProtoText().fixed64(1, event.timeNanos()).some(2, event.name());
      attributes(3, event.attributes(), nested);
      out.message(11, nested.some(4, event.droppedAttributes()));
    }
    out.some(12, span.dropped().events());
    for (Span.Link link : span.links()) {
      ProtoText nested = new ProtoText().bytes(1, id(link.traceId())).bytes(2, id(link.spanId()));
      nested.some(3, link.traceState());
      attributes(4, link.attributes(), nested);
      nested.some(5, link.droppedAttributes());
      out.message(13, link.flags() == 0 ? nested : nested.fixed32(6, link.flags()));
    }
    out.some(14, span.dropped().links());
    out.message(15, new ProtoText().some(2, span.status().message()).some(3, span.status().code()));
    return span.flags() == 0 ? out : out.fixed32(16, span.flags());
  }

  private static void attributes(int field, Attributes attributes, ProtoText out) {
    for (int i = 0; i < attributes.size(); i++) {
      out.message(
          field, new ProtoText().text(1, attributes.key(i)).message(2, value(attributes.value(i))));
    }
  }

  private static ProtoText value(AttributeValue value) {
    ProtoText out = new ProtoText();
    return switch (value) {
      case AttributeValue.Empty _ -> out;
      case AttributeValue.Text text -> out.text(1, text.value());
      case AttributeValue.Bool bool -> out.varint(2, bool.value() ? 1 : 0);
      case AttributeValue.Int number -> out.varint(3, number.value());
      case AttributeValue.Real number -> out.fixed64(4, Double.doubleToRawLongBits(number.value()));
      case AttributeValue.Items items -> {
        ProtoText array = new ProtoText();
        items.values().forEach(item -> array.message(1, value(item)));
        yield out.message(5, array);
      }
      case AttributeValue.Entries entries -> {
        ProtoText map = new ProtoText();
        attributes(1, entries.values(), map);
        yield out.message(6, map);
      }
      case AttributeValue.Bytes bytes -> out.bytes(7, bytes.value());
    };
  }
}
