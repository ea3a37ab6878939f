package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads one span after the other and checks it. Confined to one request. */
final class SpanDecoder {
  private static final int KIND_MAX = 5;
  private static final int STATUS_MAX = 2;

  private final TraceLimitsConfig limits;
  private final AttributeDecoder decoder;

  // The span that is being read.
  private byte[] traceId = {};
  private byte[] spanId = {};
  private byte[] parentId = {};
  private String traceState = "";
  private int flags;
  private String name = "";
  private long kind;
  private long start;
  private long end;
  private int droppedAttributes;
  private int droppedEvents;
  private int droppedLinks;
  private Span.Status status = Span.Status.UNSET;

  SpanDecoder(TraceLimitsConfig limits, AttributeDecoder decoder) {
    this.limits = limits;
    this.decoder = decoder;
  }

  private void clear() {
    traceId = new byte[0];
    spanId = new byte[0];
    parentId = new byte[0];
    traceState = "";
    flags = 0;
    name = "";
    kind = 0;
    start = 0;
    end = 0;
    droppedAttributes = 0;
    droppedEvents = 0;
    droppedLinks = 0;
    status = Span.Status.UNSET;
  }

  /** Throws {@link RefusedSpanException} when the span breaks a rule. */
  Span decode(ProtoReader in, Span.Resource resource, Span.Scope scope) {
    clear();
    int from = in.offset();
    AttributeDecoder.Collector attributes = decoder.new Collector();
    List<Span.Event> events = new ArrayList<>();
    List<Span.Link> links = new ArrayList<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 9 -> attributes.add(in.message());
        case 11 -> events.add(event(in.message(), events.size()));
        case 13 -> links.add(link(in.message(), links.size()));
        default -> scalar(field, in);
      }
    }
    check(in.offset() - from);
    Attributes collected = attributes.finish();
    return new Span(
        traceId(traceId, "trace id"),
        spanId(spanId, "span id"),
        parentId.length == 0 ? 0 : parent(),
        traceState,
        flags,
        name,
        (int) kind,
        start,
        Math.max(start, end),
        status,
        collected,
        events,
        links,
        new Span.Dropped(droppedAttributes, droppedEvents, droppedLinks),
        resource,
        scope);
  }

  private void scalar(int field, ProtoReader in) {
    switch (field) {
      case 1 -> traceId = in.bytes();
      case 2 -> spanId = in.bytes();
      case 3 -> traceState = in.lenientString();
      case 4 -> parentId = in.bytes();
      case 5 -> name = in.lenientString();
      case 6 -> kind = in.varint();
      case 7 -> start = in.fixed64();
      case 8 -> end = in.fixed64();
      case 10 -> droppedAttributes = (int) in.varint();
      case 12 -> droppedEvents = (int) in.varint();
      case 14 -> droppedLinks = (int) in.varint();
      case 15 -> status = status(in.message());
      case 16 -> flags = in.fixed32();
      default -> in.skip();
    }
  }

  private void check(int size) {
    if (size > limits.spanSize().bytes()) {
      throw new RefusedSpanException(
          "span_too_large",
          "span "
              + Rejections.quoted(name)
              + " of "
              + size
              + " bytes is larger than trace-limits.span-size of "
              + limits.spanSize());
    }
    checkName(name);
    if (kind < 0 || kind > KIND_MAX) {
      // A kind of a later protocol: the span is worth more than its kind.
      kind = 1;
    }
    if (start < 0 || end < 0) {
      throw new RefusedSpanException(
          "time_out_of_range",
          "span "
              + Rejections.quoted(name)
              + " has a time after the year 2262: start "
              + Long.toUnsignedString(start)
              + ", end "
              + Long.toUnsignedString(end));
    }
  }

  private void checkName(String text) {
    if (text.length() > limits.nameMax()) {
      throw new RefusedSpanException(
          "name_too_long",
          "name "
              + Rejections.quoted(text)
              + " of "
              + text.length()
              + " characters is longer than trace-limits.name-max of "
              + limits.nameMax());
    }
  }

  private static TraceId traceId(byte[] id, String what) {
    if (id.length != 16 && id.length != 8) {
      throw badId(what, id, "16");
    }
    ByteBuffer bytes = ByteBuffer.wrap(id);
    TraceId result =
        id.length == 8
            ? new TraceId(0, bytes.getLong())
            : new TraceId(bytes.getLong(), bytes.getLong());
    if (result.isZero()) {
      throw new RefusedSpanException("invalid_id", "a " + what + " has only zeros");
    }
    return result;
  }

  private static long spanId(byte[] id, String what) {
    if (id.length != 8) {
      throw badId(what, id, "8");
    }
    long result = ByteBuffer.wrap(id).getLong();
    if (result == 0) {
      throw new RefusedSpanException("invalid_id", "a " + what + " has only zeros");
    }
    return result;
  }

  /** Zeros mean that there is no parent: some senders write them out. */
  private long parent() {
    if (parentId.length != 8) {
      throw badId("parent span id", parentId, "8");
    }
    return ByteBuffer.wrap(parentId).getLong();
  }

  private static RefusedSpanException badId(String what, byte[] id, String wanted) {
    return new RefusedSpanException(
        "invalid_id", "a " + what + " of " + id.length + " bytes; it has " + wanted);
  }

  private static Span.Status status(ProtoReader in) {
    long code = 0;
    String message = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 2 -> message = in.lenientString();
        case 3 -> code = in.varint();
        default -> in.skip();
      }
    }
    return new Span.Status(code < 0 || code > STATUS_MAX ? 0 : (int) code, message);
  }

  private Span.Event event(ProtoReader in, int before) {
    if (before >= limits.eventsMax()) {
      throw new RefusedSpanException(
          "too_many_events",
          "a span has more than trace-limits.events-max = " + before + " events");
    }
    long time = 0;
    String eventName = "";
    int dropped = 0;
    AttributeDecoder.Collector attributes = decoder.new Collector();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> time = in.fixed64();
        case 2 -> eventName = in.lenientString();
        case 3 -> attributes.add(in.message());
        case 4 -> dropped = (int) in.varint();
        default -> in.skip();
      }
    }
    checkName(eventName);
    return new Span.Event(time, eventName, attributes.finish(), dropped);
  }

  private Span.Link link(ProtoReader in, int before) {
    if (before >= limits.linksMax()) {
      throw new RefusedSpanException(
          "too_many_links", "a span has more than trace-limits.links-max = " + before + " links");
    }
    byte[] trace = {};
    byte[] span = {};
    String state = "";
    int linkFlags = 0;
    int dropped = 0;
    AttributeDecoder.Collector attributes = decoder.new Collector();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> trace = in.bytes();
        case 2 -> span = in.bytes();
        case 3 -> state = in.lenientString();
        case 4 -> attributes.add(in.message());
        case 5 -> dropped = (int) in.varint();
        case 6 -> linkFlags = in.fixed32();
        default -> in.skip();
      }
    }
    return new Span.Link(
        traceId(trace, "link's trace id"),
        spanId(span, "link's span id"),
        state,
        linkFlags,
        attributes.finish(),
        dropped);
  }
}
