package io.trilith.tracestore.columns;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.AttributeCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Spans in columns as they were at a time. Arrays are not to be changed. Thread-safe. */
public final class SpanView {
  private final ColumnTable.Rows spans;
  private final ColumnTable.Rows events;
  private final ColumnTable.Rows links;
  private final long[] values;
  private final TextView texts;
  private final AttributeShape[] shapes;
  private final List<Span.Resource> resources;
  private final List<Span.Scope> scopes;
  private final List<Span.Dropped> dropped;

  SpanView(
      ColumnTable.Rows spans,
      ColumnTable.Rows events,
      ColumnTable.Rows links,
      long[] values,
      TextView texts,
      AttributeShape[] shapes,
      List<Span.Resource> resources,
      List<Span.Scope> scopes,
      List<Span.Dropped> dropped) {
    this.spans = spans;
    this.events = events;
    this.links = links;
    this.values = values;
    this.texts = texts;
    this.shapes = shapes;
    this.resources = resources;
    this.scopes = scopes;
    this.dropped = dropped;
  }

  public int size() {
    return spans.size();
  }

  public TextView texts() {
    return texts;
  }

  /** All shapes, by number. */
  public AttributeShape[] shapes() {
    return shapes;
  }

  public List<Span.Resource> resources() {
    return resources;
  }

  public List<Span.Scope> scopes() {
    return scopes;
  }

  /** Values of all attributes: those of a row begin at its base. */
  public long[] values() {
    return values;
  }

  public long[] traceHighs() {
    return spans.longs()[SpanColumns.TRACE_HIGH];
  }

  public long[] traceLows() {
    return spans.longs()[SpanColumns.TRACE_LOW];
  }

  public long[] spanIds() {
    return spans.longs()[SpanColumns.SPAN_ID];
  }

  public long[] parentIds() {
    return spans.longs()[SpanColumns.PARENT_ID];
  }

  public long[] starts() {
    return spans.longs()[SpanColumns.START];
  }

  /** How long a span took: nothing when it is said to end before it starts. */
  public long duration(int row) {
    return Math.max(0, spans.longs()[SpanColumns.DURATION][row]);
  }

  /** By how much a span is said to end before it starts; 0 for one that does not. */
  public long early(int row) {
    return Math.max(0, -spans.longs()[SpanColumns.DURATION][row]);
  }

  /** When a span ended, as it was sent; may be before its start. */
  public long end(int row) {
    return starts()[row] + spans.longs()[SpanColumns.DURATION][row];
  }

  /** Kind, shifted by 8 bits, and status code. */
  public int[] kinds() {
    return spans.ints()[SpanColumns.KIND];
  }

  public int[] flags() {
    return spans.ints()[SpanColumns.FLAGS];
  }

  public int[] resourceNumbers() {
    return spans.ints()[SpanColumns.RESOURCE];
  }

  public int[] scopeNumbers() {
    return spans.ints()[SpanColumns.SCOPE];
  }

  public int[] names() {
    return spans.ints()[SpanColumns.NAME];
  }

  public int[] states() {
    return spans.ints()[SpanColumns.STATE];
  }

  public int[] messages() {
    return spans.ints()[SpanColumns.MESSAGE];
  }

  public Span.Dropped dropped(int row) {
    return dropped.get(spans.ints()[SpanColumns.DROPPED][row]);
  }

  /** Spans, events or links with their attributes. */
  public enum Owner {
    SPAN,
    EVENT,
    LINK
  }

  /** The number of the shape of each row of an owner. */
  public int[] shapeNumbers(Owner owner) {
    return switch (owner) {
      case SPAN -> spans.ints()[SpanColumns.SHAPE];
      case EVENT -> events.ints()[SpanColumns.EVENT_SHAPE];
      case LINK -> links.ints()[SpanColumns.LINK_SHAPE];
    };
  }

  /** Where the values of each row of an owner begin. */
  public int[] bases(Owner owner) {
    return switch (owner) {
      case SPAN -> spans.ints()[SpanColumns.BASE];
      case EVENT -> events.ints()[SpanColumns.EVENT_BASE];
      case LINK -> links.ints()[SpanColumns.LINK_BASE];
    };
  }

  /** Rows of an owner. */
  public int size(Owner owner) {
    return switch (owner) {
      case SPAN -> spans.size();
      case EVENT -> events.size();
      case LINK -> links.size();
    };
  }

  public int firstEvent(int row) {
    return row == 0 ? 0 : endEvent(row - 1);
  }

  public int endEvent(int row) {
    return spans.ints()[SpanColumns.EVENTS][row];
  }

  public int firstLink(int row) {
    return row == 0 ? 0 : endLink(row - 1);
  }

  public int endLink(int row) {
    return spans.ints()[SpanColumns.LINKS][row];
  }

  public long eventTime(int event) {
    return events.longs()[0][event];
  }

  public int[] eventNames() {
    return events.ints()[SpanColumns.EVENT_NAME];
  }

  public int eventDropped(int event) {
    return events.ints()[SpanColumns.EVENT_DROPPED][event];
  }

  /** The i-th of the three words of a link's ids: two of the trace's, one of the span's. */
  public long linkId(int link, int i) {
    return links.longs()[i][link];
  }

  public int linkState(int link) {
    return links.ints()[SpanColumns.LINK_STATE][link];
  }

  public int linkFlags(int link) {
    return links.ints()[SpanColumns.LINK_FLAGS][link];
  }

  public int linkDropped(int link) {
    return links.ints()[SpanColumns.LINK_DROPPED][link];
  }

  /** The i-th attribute of a shape whose values begin at a base. */
  public AttributeValue value(AttributeShape shape, int base, int i) {
    long word = values[base + i];
    return switch (shape.types()[i]) {
      case AttributeRow.TEXT -> texts.value((int) word);
      case AttributeRow.INT -> new AttributeValue.Int(word);
      case AttributeRow.REAL -> new AttributeValue.Real(Double.longBitsToDouble(word));
      case AttributeRow.BOOL -> new AttributeValue.Bool(word != 0);
      default -> other((int) word);
    };
  }

  /** A value that is encoded as a text. */
  public AttributeValue other(int text) {
    ByteBuffer encoded =
        ByteBuffer.wrap(texts.bytes(), texts.start(text), texts.length(text))
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN);
    return AttributeCodec.getValue(new ByteReader(encoded, "a value in memory", 0));
  }

  public Attributes attributes(Owner owner, int row) {
    AttributeShape shape = shapes[shapeNumbers(owner)[row]];
    if (shape.size() == 0) {
      return Attributes.NONE;
    }
    int base = bases(owner)[row];
    return Attributes.of(shape.names(), i -> value(shape, base, i));
  }

  /** A span with all that is known of it. */
  public Span span(int row) {
    int kind = kinds()[row];
    return new Span(
        new TraceId(traceHighs()[row], traceLows()[row]),
        spanIds()[row],
        parentIds()[row],
        texts.get(states()[row]),
        flags()[row],
        texts.get(names()[row]),
        kind >> 8,
        starts()[row],
        end(row),
        status(kind & 0xff, messages()[row]),
        attributes(Owner.SPAN, row),
        events(row),
        links(row),
        dropped(row),
        resources.get(resourceNumbers()[row]),
        scopes.get(scopeNumbers()[row]));
  }

  private Span.Status status(int code, int message) {
    return code == 0 && message == SpanColumns.EMPTY_TEXT
        ? Span.Status.UNSET
        : new Span.Status(code, texts.get(message));
  }

  private List<Span.Event> events(int row) {
    int first = firstEvent(row);
    int end = endEvent(row);
    if (first == end) {
      return List.of();
    }
    List<Span.Event> found = new ArrayList<>(end - first);
    for (int i = first; i < end; i++) {
      found.add(
          new Span.Event(
              eventTime(i),
              texts.get(eventNames()[i]),
              attributes(Owner.EVENT, i),
              eventDropped(i)));
    }
    return found;
  }

  private List<Span.Link> links(int row) {
    int first = firstLink(row);
    int end = endLink(row);
    if (first == end) {
      return List.of();
    }
    List<Span.Link> found = new ArrayList<>(end - first);
    for (int i = first; i < end; i++) {
      found.add(
          new Span.Link(
              new TraceId(linkId(i, 0), linkId(i, 1)),
              linkId(i, 2),
              texts.get(linkState(i)),
              linkFlags(i),
              attributes(Owner.LINK, i),
              linkDropped(i)));
    }
    return found;
  }
}
