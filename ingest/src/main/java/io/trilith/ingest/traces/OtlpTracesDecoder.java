package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import org.jspecify.annotations.Nullable;

/** Walks an ExportTraceServiceRequest. One per request. */
final class OtlpTracesDecoder {
  private final Rejections rejections;
  private final AttributeDecoder attributes;
  private final SpanDecoder spans;
  private final SpanColumns columns = new SpanColumns();

  OtlpTracesDecoder(TraceLimitsConfig limits, Rejections rejections) {
    this.rejections = rejections;
    this.attributes = new AttributeDecoder(limits);
    this.spans = new SpanDecoder(limits, attributes, columns);
  }

  SpanBatch decode(byte[] message) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resourceSpans(in.message());
      } else {
        in.skip();
      }
    }
    return new SpanBatch(columns);
  }

  /** What is wrong with a resource or scope, if anything: all its spans are refused for it. */
  private record Owner(int number, @Nullable RefusedSpanException refused) {}

  /** The resource may come after its spans: it is looked for first. */
  private void resourceSpans(ProtoReader in) {
    ProtoReader again = in.copy();
    String schema = "";
    @Nullable ProtoReader resource = null;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> resource = in.message();
        case 3 -> schema = in.lenientString();
        default -> in.skip();
      }
    }
    Owner owner = resource(resource, schema);
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeSpans(again.message(), owner);
      } else {
        again.skip();
      }
    }
  }

  private Owner resource(@Nullable ProtoReader in, String schema) {
    AttributeDecoder.Collector collector = attributes.new Collector();
    int dropped = 0;
    if (in != null) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 1 -> collector.add(in.message());
          case 2 -> dropped = (int) in.varint();
          default -> in.skip();
        }
      }
    }
    try {
      Span.Resource resource = new Span.Resource(collector.finish(), dropped, schema);
      return new Owner(columns.resource(resource), null);
    } catch (RefusedSpanException e) {
      return new Owner(-1, e);
    }
  }

  private void scopeSpans(ProtoReader in, Owner resource) {
    ProtoReader again = in.copy();
    String schema = "";
    @Nullable ProtoReader scope = null;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> scope = in.message();
        case 3 -> schema = in.lenientString();
        default -> in.skip();
      }
    }
    Owner owner = scope(scope, schema);
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        span(again.message(), resource, owner);
      } else {
        again.skip();
      }
    }
  }

  private Owner scope(@Nullable ProtoReader in, String schema) {
    AttributeDecoder.Collector collector = attributes.new Collector();
    String name = "";
    String version = "";
    int dropped = 0;
    if (in != null) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 1 -> name = in.lenientString();
          case 2 -> version = in.lenientString();
          case 3 -> collector.add(in.message());
          case 4 -> dropped = (int) in.varint();
          default -> in.skip();
        }
      }
    }
    try {
      Span.Scope found = new Span.Scope(name, version, collector.finish(), dropped, schema);
      return new Owner(columns.scope(found), null);
    } catch (RefusedSpanException e) {
      return new Owner(-1, e);
    }
  }

  private void span(ProtoReader in, Owner resource, Owner scope) {
    RefusedSpanException refused = resource.refused == null ? scope.refused : resource.refused;
    try {
      if (refused == null) {
        spans.decode(in, resource.number, scope.number);
      } else {
        spans.check(in);
      }
    } catch (RefusedSpanException e) {
      refused = refused == null ? e : refused;
    }
    if (refused != null) {
      rejections.add(refused.reason(), 1, String.valueOf(refused.getMessage()));
    }
  }
}
