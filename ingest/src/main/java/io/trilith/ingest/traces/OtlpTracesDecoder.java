package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.PartSize;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.memory.Booking;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Walks ExportTraceServiceRequests, the parts of one request, and hands the spans over in batches,
 * so that a request of any size needs the memory of a batch only. One per request.
 */
final class OtlpTracesDecoder {
  /** OpenTelemetry's name; Grafana drops spans of resources without any attribute. */
  private static final Attributes UNKNOWN =
      Attributes.of(
          new String[] {"service.name"},
          new AttributeValue[] {new AttributeValue.Text("unknown_service")});

  private final Rejections rejections;
  private final AttributeDecoder attributes;
  private final TraceLimitsConfig limits;
  private final Booking.Growth memory;
  private final Consumer<SpanBatch> store;
  private SpanColumns columns = new SpanColumns();
  private long sent;
  private SpanDecoder spans;

  /**
   * A decoder.
   *
   * @param memory of the request
   * @param store takes the spans and owns what it is given
   */
  OtlpTracesDecoder(
      TraceLimitsConfig limits, Rejections rejections, Booking memory, Consumer<SpanBatch> store) {
    this.limits = limits;
    this.rejections = rejections;
    this.memory = memory.growth();
    this.store = store;
    this.attributes = new AttributeDecoder(limits, memory);
    this.spans = new SpanDecoder(limits, attributes, columns);
  }

  /** Bytes, as they came, of the spans that are being handed over. */
  long sent() {
    return sent;
  }

  /** Hands over what is left. */
  void finish() {
    if (columns.size() > 0) {
      store.accept(new SpanBatch(columns));
    }
  }

  private void spanAdded() {
    long held = columns.bytes();
    memory.cover(PartSize.memory(held));
    if (held >= PartSize.BYTES) {
      store.accept(new SpanBatch(columns));
      sent = 0;
      columns = new SpanColumns();
      spans = new SpanDecoder(limits, attributes, columns);
    }
  }

  void decode(byte[] message) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resourceSpans(in.message());
      } else {
        in.skip();
      }
    }
  }

  /** A resource or scope, or what is wrong with it: all its spans are refused for it then. */
  private static final class Owner<T> {
    private final @Nullable T value;
    private final @Nullable RefusedSpanException refused;
    private @Nullable SpanColumns numbered;
    private int number;

    Owner(@Nullable T value, @Nullable RefusedSpanException refused) {
      this.value = value;
      this.refused = refused;
    }

    /** Its number in columns, where it is added once. */
    @SuppressWarnings("ReferenceEquality") // columns have no other identity
    int number(SpanColumns columns, ToIntFunction<T> add) {
      if (numbered != columns && value != null) {
        number = add.applyAsInt(value);
        numbered = columns;
      }
      return number;
    }
  }

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
    attributes.forget(0);
    Owner<Span.Resource> owner = resource(resource, schema);
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeSpans(again.message(), owner);
      } else {
        again.skip();
      }
    }
  }

  private Owner<Span.Resource> resource(@Nullable ProtoReader in, String schema) {
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
    rejections.of("");
    try {
      Attributes found = collector.finish();
      rejections.of(serviceName(found));
      Attributes named = found.size() == 0 ? UNKNOWN : found;
      Span.Resource resource = new Span.Resource(named, dropped, schema);
      return new Owner<>(resource, null);
    } catch (RefusedSpanException e) {
      return new Owner<>(null, e);
    }
  }

  private static String serviceName(Attributes resource) {
    for (int i = 0; i < resource.size(); i++) {
      if (resource.key(i).equals("service.name")
          && resource.value(i) instanceof AttributeValue.Text text) {
        return text.value();
      }
    }
    return "";
  }

  private void scopeSpans(ProtoReader in, Owner<Span.Resource> resource) {
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
    Owner<Span.Scope> owner = scope(scope, schema);
    long before = attributes.made();
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        span(again.message(), resource, owner);
        attributes.forget(before);
      } else {
        again.skip();
      }
    }
  }

  private Owner<Span.Scope> scope(@Nullable ProtoReader in, String schema) {
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
      return new Owner<>(found, null);
    } catch (RefusedSpanException e) {
      return new Owner<>(null, e);
    }
  }

  private void span(ProtoReader in, Owner<Span.Resource> resource, Owner<Span.Scope> scope) {
    RefusedSpanException refused = resource.refused == null ? scope.refused : resource.refused;
    try {
      if (refused == null) {
        sent += in.limit() - in.offset();
        int ofResource = resource.number(columns, columns::resource);
        spans.decode(in, ofResource, scope.number(columns, columns::scope));
        spanAdded();
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
