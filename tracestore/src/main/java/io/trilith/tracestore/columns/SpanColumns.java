package io.trilith.tracestore.columns;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spans in order of arrival, in columns. Texts are numbers of a table; attributes are a shape and a
 * word per value: the number, the double's bits, 0 or 1, or a text's number.
 *
 * <p>A span is added by its events and links, then the span itself. One thread writes; {@link
 * #view} is made by it, or under a lock that it holds too, and may be read by any.
 */
public final class SpanColumns {
  // Columns of spans.
  static final int TRACE_HIGH = 0;
  static final int TRACE_LOW = 1;
  static final int SPAN_ID = 2;
  static final int PARENT_ID = 3;
  static final int START = 4;

  /** End less start; negative for spans that were sent with an end before the start. */
  static final int DURATION = 5;

  static final int SPAN_LONGS = 6;
  static final int KIND = 0;
  static final int FLAGS = 1;
  static final int DROPPED = 2;
  static final int RESOURCE = 3;
  static final int SCOPE = 4;
  static final int NAME = 5;
  static final int STATE = 6;
  static final int MESSAGE = 7;
  static final int SHAPE = 8;
  static final int BASE = 9;

  /** Where the events and links of the span end; they begin where those before it do. */
  static final int EVENTS = 10;

  static final int LINKS = 11;
  static final int SPAN_INTS = 12;

  // Columns of events: one of longs, the time.
  static final int EVENT_NAME = 0;
  static final int EVENT_DROPPED = 1;
  static final int EVENT_SHAPE = 2;
  static final int EVENT_BASE = 3;

  // Columns of links: three of longs, the ids.
  static final int LINK_STATE = 0;
  static final int LINK_FLAGS = 1;
  static final int LINK_DROPPED = 2;
  static final int LINK_SHAPE = 3;
  static final int LINK_BASE = 4;

  final TextTable texts = new TextTable();
  final ShapeTable shapes = new ShapeTable();
  final LongList values = new LongList();
  final ColumnTable spans = new ColumnTable(SPAN_LONGS, SPAN_INTS);
  final ColumnTable events = new ColumnTable(1, 4);
  final ColumnTable links = new ColumnTable(3, 5);
  final Dictionary<Span.Resource> resources = new Dictionary<>();
  final Dictionary<Span.Scope> scopes = new Dictionary<>();
  final Dictionary<Span.Dropped> dropped = new Dictionary<>();
  private long ownerBytes;

  public SpanColumns() {
    int _ = texts.add(new byte[0], 0, 0);
    int _ = dropped.add(Span.Dropped.NOTHING);
  }

  /** The number of the empty text. */
  public static final int EMPTY_TEXT = 0;

  public int size() {
    return spans.size();
  }

  public int resource(Span.Resource resource) {
    int known = resources.values().size();
    int number = resources.add(resource);
    ownerBytes += number == known ? io.trilith.tracestore.SpanSize.of(resource.attributes()) : 0;
    return number;
  }

  public int scope(Span.Scope scope) {
    int known = scopes.values().size();
    int number = scopes.add(scope);
    ownerBytes += number == known ? io.trilith.tracestore.SpanSize.of(scope.attributes()) : 0;
    return number;
  }

  /** The number of what was dropped; 0 for nothing. */
  public int dropped(int attributes, int eventsDropped, int linksDropped) {
    return (attributes | eventsDropped | linksDropped) == 0
        ? 0
        : dropped.add(new Span.Dropped(attributes, eventsDropped, linksDropped));
  }

  /** The number of a text. */
  public int text(String text) {
    return text.isEmpty() ? EMPTY_TEXT : texts.add(text);
  }

  /** As above, of UTF-8. */
  public int text(byte[] utf8, int from, int to) {
    return from == to ? EMPTY_TEXT : texts.add(utf8, from, to);
  }

  /** Characters of a text; when it has more bytes than a number, else its bytes. */
  public int characters(int text, int above) {
    int start = texts.start(text);
    int length = texts.end(text) - start;
    return length <= above
        ? length
        : new String(texts.bytes(), start, length, StandardCharsets.UTF_8).length();
  }

  /** Bytes of a text. */
  public int length(int text) {
    return texts.end(text) - texts.start(text);
  }

  /** A text as a string, made anew. */
  public String string(int text) {
    int start = texts.start(text);
    return new String(texts.bytes(), start, texts.end(text) - start, StandardCharsets.UTF_8);
  }

  /** A value that no word holds, as a text. */
  public int other(AttributeValue value) {
    ByteWriter encoded = new ByteWriter(32);
    AttributeCodec.putValue(value, encoded);
    return texts.add(encoded.array(), 0, encoded.size());
  }

  int shape(AttributeRow row) {
    int shape = shapes.add(row.keys, row.types, row.size(), texts);
    values.reserve(row.size());
    for (int i = 0; i < row.size(); i++) {
      values.add(row.values[i]);
    }
    return shape;
  }

  /** Adds an event of the span that comes next. */
  public void event(long timeNanos, int name, int droppedAttributes, AttributeRow row) {
    int base = values.size();
    events.longs[0].add(timeNanos);
    events.ints[EVENT_NAME].add(name);
    events.ints[EVENT_DROPPED].add(droppedAttributes);
    events.ints[EVENT_SHAPE].add(shape(row));
    events.ints[EVENT_BASE].add(base);
  }

  /** Adds a link of the span that comes next. */
  public void link(
      long high,
      long low,
      long spanId,
      int state,
      int flags,
      int droppedAttributes,
      AttributeRow row) {
    int base = values.size();
    links.longs[0].add(high);
    links.longs[1].add(low);
    links.longs[2].add(spanId);
    links.ints[LINK_STATE].add(state);
    links.ints[LINK_FLAGS].add(flags);
    links.ints[LINK_DROPPED].add(droppedAttributes);
    links.ints[LINK_SHAPE].add(shape(row));
    links.ints[LINK_BASE].add(base);
  }

  /** The fields of a span that are numbers, of a table or by themselves. */
  public static final class Fields {
    public long traceHigh;
    public long traceLow;
    public long spanId;
    public long parentId;
    public long startNanos;

    /** End less start, which may be negative. */
    public long durationNanos;

    public int kind;
    public int status;
    public int flags;
    public int dropped;
    public int resource;
    public int scope;
    public int name;
    public int state;
    public int message;
  }

  /** Adds a span whose events and links were added. */
  public void span(Fields of, AttributeRow row) {
    int base = values.size();
    LongList[] longs = spans.longs;
    longs[TRACE_HIGH].add(of.traceHigh);
    longs[TRACE_LOW].add(of.traceLow);
    longs[SPAN_ID].add(of.spanId);
    longs[PARENT_ID].add(of.parentId);
    longs[START].add(of.startNanos);
    longs[DURATION].add(of.durationNanos);
    IntList[] ints = spans.ints;
    ints[KIND].add(of.kind << 8 | of.status);
    ints[FLAGS].add(of.flags);
    ints[DROPPED].add(of.dropped);
    ints[RESOURCE].add(of.resource);
    ints[SCOPE].add(of.scope);
    ints[NAME].add(of.name);
    ints[STATE].add(of.state);
    ints[MESSAGE].add(of.message);
    ints[SHAPE].add(shape(row));
    ints[BASE].add(base);
    ints[EVENTS].add(events.size());
    ints[LINKS].add(links.size());
  }

  /** Forgets events and links of a span that is not added after all. */
  public void forget() {
    int last = spans.size() - 1;
    int eventsBefore = last < 0 ? 0 : spans.ints[EVENTS].get(last);
    int linksBefore = last < 0 ? 0 : spans.ints[LINKS].get(last);
    if (events.size() == eventsBefore && links.size() == linksBefore) {
      return;
    }
    events.truncate(eventsBefore);
    links.truncate(linksBefore);
    // What their attributes left among the values nobody points at; it is not copied on.
  }

  /** Adds a span in the other form. */
  public void add(Span span) {
    AttributeRow row = new AttributeRow();
    for (Span.Event event : span.events()) {
      fill(event.attributes(), row);
      event(event.timeNanos(), text(event.name()), event.droppedAttributes(), row);
    }
    for (Span.Link link : span.links()) {
      fill(link.attributes(), row);
      link(
          link.traceId().high(),
          link.traceId().low(),
          link.spanId(),
          text(link.traceState()),
          link.flags(),
          link.droppedAttributes(),
          row);
    }
    fill(span.attributes(), row);
    Fields fields = new Fields();
    fields.traceHigh = span.traceId().high();
    fields.traceLow = span.traceId().low();
    fields.spanId = span.spanId();
    fields.parentId = span.parentId();
    fields.startNanos = span.startNanos();
    fields.durationNanos = span.endNanos() - span.startNanos();
    fields.kind = span.kind();
    fields.status = span.status().code();
    fields.flags = span.flags();
    Span.Dropped left = span.dropped();
    fields.dropped = dropped(left.attributes(), left.events(), left.links());
    fields.resource = resource(span.resource());
    fields.scope = scope(span.scope());
    fields.name = text(span.name());
    fields.state = text(span.traceState());
    fields.message = text(span.status().message());
    span(fields, row);
  }

  private void fill(Attributes attributes, AttributeRow row) {
    row.clear();
    for (int i = 0; i < attributes.size(); i++) {
      int key = text(attributes.key(i));
      AttributeValue value = attributes.value(i);
      switch (value) {
        case AttributeValue.Text text -> row.add(key, AttributeRow.TEXT, text(text.value()));
        case AttributeValue.Int number -> row.add(key, AttributeRow.INT, number.value());
        case AttributeValue.Real number ->
            row.add(key, AttributeRow.REAL, Double.doubleToRawLongBits(number.value()));
        case AttributeValue.Bool bool -> row.add(key, AttributeRow.BOOL, bool.value() ? 1 : 0);
        case AttributeValue.Empty _,
            AttributeValue.Bytes _,
            AttributeValue.Items _,
            AttributeValue.Entries _ ->
            row.add(key, AttributeRow.OTHER, other(value));
      }
    }
  }

  /**
   * The spans with what a rewrite changes, null when that is nothing.
   *
   * @param rewrite is asked for each distinct text and, where one may change, for each span
   */
  public @Nullable SpanColumns rewritten(TextRewrite rewrite) {
    if (!new RewriteNeeds(this, rewrite).any()) {
      return null;
    }
    SpanColumns rewritten = new SpanColumns();
    SpanCopy copy = new SpanCopy(rewritten, this, rewrite);
    for (int row = 0; row < size(); row++) {
      copy.span(row);
    }
    return rewritten;
  }

  public long startNanos(int row) {
    return spans.longs[START].get(row);
  }

  public long traceHigh(int row) {
    return spans.longs[TRACE_HIGH].get(row);
  }

  public long traceLow(int row) {
    return spans.longs[TRACE_LOW].get(row);
  }

  public long spanId(int row) {
    return spans.longs[SPAN_ID].get(row);
  }

  public int kind(int row) {
    return spans.ints[KIND].get(row) >> 8;
  }

  /** Bytes on the heap, roughly. */
  public long bytes() {
    return spans.rowBytes() * spans.size()
        + events.rowBytes() * events.size()
        + links.rowBytes() * links.size()
        + 8L * values.size()
        + texts.total()
        + 16L * texts.size()
        + shapes.bytes()
        + ownerBytes;
  }

  /** What is there now. */
  public SpanView view() {
    return new SpanView(
        spans.rows(),
        events.rows(),
        links.rows(),
        values.array(),
        new TextView(texts.size(), texts.bytes(), texts.ends()),
        Arrays.copyOf(shapes.array(), shapes.size()),
        copy(resources.values()),
        copy(scopes.values()),
        copy(dropped.values()));
  }

  private static <T> List<T> copy(List<T> values) {
    return new ArrayList<>(values);
  }
}
