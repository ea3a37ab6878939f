package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.tracestore.columns.AttributeRow;
import io.trilith.tracestore.columns.SpanColumns;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads one span after the other and checks it. Confined to one request. */
final class SpanDecoder {
  private static final VarHandle BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int NAME_SHOWN_MAX = 200;
  private static final int KIND_MAX = 5;
  private static final int STATUS_MAX = 2;

  private final TraceLimitsConfig limits;
  private final AttributeDecoder attributes;
  private final SpanColumns columns;
  private final SpanColumns.Fields fields = new SpanColumns.Fields();
  private final AttributeRow row = new AttributeRow();
  private final AttributeRow inner = new AttributeRow();
  private final ProtoReader part = new ProtoReader(new byte[0]);
  private final IdField traceId = new IdField();
  private final IdField spanId = new IdField();
  private final IdField parentId = new IdField();

  // The span that is being read.
  private long kind;
  private long start;
  private long end;
  private int droppedAttributes;
  private int droppedEvents;
  private int droppedLinks;
  private int events;
  private int links;

  SpanDecoder(TraceLimitsConfig limits, AttributeDecoder attributes, SpanColumns columns) {
    this.limits = limits;
    this.attributes = attributes;
    this.columns = columns;
  }

  /** An id as it was sent, of whatever length. */
  private static final class IdField {
    private int length;
    private long high;
    private long low;

    void clear() {
      length = 0;
      high = 0;
      low = 0;
    }

    void read(ProtoReader in) {
      int from = in.pass();
      length = in.offset() - from;
      high = length == 16 ? word(in.array(), from) : 0;
      low = length == 16 || length == 8 ? word(in.array(), from + length - 8) : 0;
    }

    private static long word(byte[] bytes, int from) {
      return (long) BIG_ENDIAN.get(bytes, from);
    }

    void checkTrace(String what) {
      if (length != 16 && length != 8) {
        throw bad(what, "16");
      }
      checkZero(what);
    }

    void checkSpan(String what) {
      if (length != 8) {
        throw bad(what, "8");
      }
      checkZero(what);
    }

    private void checkZero(String what) {
      if ((high | low) == 0) {
        throw new RefusedSpanException("invalid_id", "a " + what + " has only zeros");
      }
    }

    RefusedSpanException bad(String what, String wanted) {
      return new RefusedSpanException(
          "invalid_id", "a " + what + " of " + length + " bytes; it has " + wanted);
    }
  }

  private void clear() {
    traceId.clear();
    spanId.clear();
    parentId.clear();
    row.clear();
    fields.flags = 0;
    fields.name = SpanColumns.EMPTY_TEXT;
    fields.state = SpanColumns.EMPTY_TEXT;
    fields.message = SpanColumns.EMPTY_TEXT;
    fields.status = 0;
    kind = 0;
    start = 0;
    end = 0;
    droppedAttributes = 0;
    droppedEvents = 0;
    droppedLinks = 0;
    events = 0;
    links = 0;
  }

  /**
   * Reads a span into the columns, or nothing.
   *
   * @throws RefusedSpanException when the span breaks a rule
   */
  void decode(ProtoReader in, int resource, int scope) {
    try {
      read(in);
      fields.resource = resource;
      fields.scope = scope;
      columns.span(fields, row);
    } catch (RuntimeException e) {
      columns.forget();
      throw e;
    }
  }

  /** Reads a span only to see whether it breaks a rule. */
  void check(ProtoReader in) {
    try {
      read(in);
    } finally {
      columns.forget();
    }
  }

  private void read(ProtoReader in) {
    clear();
    checkSize(in);
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 9 -> attributes.add(in, row, columns);
        case 11 -> {
          in.message(part);
          event(part);
        }
        case 13 -> {
          in.message(part);
          link(part);
        }
        default -> scalar(field, in);
      }
    }
    check();
    attributes.check(row, columns);
    traceId.checkTrace("trace id");
    spanId.checkSpan("span id");
    // Zeros mean that there is no parent: some senders write them out.
    if (parentId.length != 0 && parentId.length != 8) {
      throw parentId.bad("parent span id", "8");
    }
    fields.traceHigh = traceId.high;
    fields.traceLow = traceId.low;
    fields.spanId = spanId.low;
    fields.parentId = parentId.low;
    // A kind of a later protocol: the span is worth more than its kind.
    fields.kind = kind < 0 || kind > KIND_MAX ? 1 : (int) kind;
    fields.startNanos = start;
    // Both times come back as they were sent, even an end that is missing or before the start.
    fields.durationNanos = end - start;
    fields.dropped = columns.dropped(droppedAttributes, droppedEvents, droppedLinks);
  }

  private void scalar(int field, ProtoReader in) {
    switch (field) {
      case 1 -> traceId.read(in);
      case 2 -> spanId.read(in);
      case 3 -> fields.state = AttributeDecoder.text(in, columns);
      case 4 -> parentId.read(in);
      case 5 -> fields.name = AttributeDecoder.text(in, columns);
      case 6 -> kind = in.varint();
      case 7 -> start = in.fixed64();
      case 8 -> end = in.fixed64();
      case 10 -> droppedAttributes = (int) in.varint();
      case 12 -> droppedEvents = (int) in.varint();
      case 14 -> droppedLinks = (int) in.varint();
      case 15 -> {
        in.message(part);
        status(part);
      }
      case 16 -> fields.flags = in.fixed32();
      default -> in.skip();
    }
  }

  private String name() {
    return Rejections.quoted(columns.string(fields.name));
  }

  /** Before anything is made of it. */
  private void checkSize(ProtoReader in) {
    int size = in.limit() - in.offset();
    if (size > limits.spanSize().bytes()) {
      ProtoReader again = in.copy();
      for (int field = again.next(); field != 0; field = again.next()) {
        if (field == 5) {
          again.message(part);
          int length = Math.min(part.limit() - part.offset(), NAME_SHOWN_MAX);
          fields.name = columns.text(part.array(), part.offset(), part.offset() + length);
        } else {
          again.skip();
        }
      }
      throw new RefusedSpanException(
          "span_too_large",
          "span "
              + name()
              + " of "
              + size
              + " bytes is larger than trace-limits.span-size of "
              + limits.spanSize());
    }
  }

  private void check() {
    checkName(fields.name);
    if (start < 0 || end < 0) {
      throw new RefusedSpanException(
          "time_out_of_range",
          "span "
              + name()
              + " has a time after the year 2262: start "
              + Long.toUnsignedString(start)
              + ", end "
              + Long.toUnsignedString(end));
    }
  }

  private void checkName(int text) {
    int length = columns.characters(text, limits.nameMax());
    if (length > limits.nameMax()) {
      throw new RefusedSpanException(
          "name_too_long",
          "name "
              + Rejections.quoted(columns.string(text))
              + " of "
              + length
              + " characters is longer than trace-limits.name-max of "
              + limits.nameMax());
    }
  }

  private void status(ProtoReader in) {
    long code = 0;
    fields.message = SpanColumns.EMPTY_TEXT;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 2 -> fields.message = AttributeDecoder.text(in, columns);
        case 3 -> code = in.varint();
        default -> in.skip();
      }
    }
    fields.status = code < 0 || code > STATUS_MAX ? 0 : (int) code;
  }

  private void event(ProtoReader in) {
    if (events++ >= limits.eventsMax()) {
      throw new RefusedSpanException(
          "too_many_events",
          "a span has more than trace-limits.events-max = " + limits.eventsMax() + " events");
    }
    long time = 0;
    int name = SpanColumns.EMPTY_TEXT;
    int dropped = 0;
    inner.clear();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> time = in.fixed64();
        case 2 -> name = AttributeDecoder.text(in, columns);
        case 3 -> attributes.add(in, inner, columns);
        case 4 -> dropped = (int) in.varint();
        default -> in.skip();
      }
    }
    checkName(name);
    attributes.check(inner, columns);
    columns.event(time, name, dropped, inner);
  }

  private void link(ProtoReader in) {
    if (links++ >= limits.linksMax()) {
      throw new RefusedSpanException(
          "too_many_links",
          "a span has more than trace-limits.links-max = " + limits.linksMax() + " links");
    }
    IdField trace = new IdField();
    IdField span = new IdField();
    int state = SpanColumns.EMPTY_TEXT;
    int linkFlags = 0;
    int dropped = 0;
    inner.clear();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> trace.read(in);
        case 2 -> span.read(in);
        case 3 -> state = AttributeDecoder.text(in, columns);
        case 4 -> attributes.add(in, inner, columns);
        case 5 -> dropped = (int) in.varint();
        case 6 -> linkFlags = in.fixed32();
        default -> in.skip();
      }
    }
    // OpenTelemetry lets a link point nowhere: its attributes and state are worth keeping.
    if (trace.length != 0 && trace.length != 8 && trace.length != 16) {
      throw trace.bad("link's trace id", "16");
    }
    if (span.length != 0 && span.length != 8) {
      throw span.bad("link's span id", "8");
    }
    attributes.check(inner, columns);
    columns.link(trace.high, trace.low, span.low, state, linkFlags, dropped, inner);
  }
}
