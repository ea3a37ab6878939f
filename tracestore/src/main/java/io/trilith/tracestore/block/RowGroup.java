package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.error.StorageException;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.AttributeCodec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The decoded columns of a row group, walked forward row by row. Not thread-safe. */
final class RowGroup {
  private static final int SPAN_BYTES = 220;
  private static final int VALUE_BYTES = 32;
  private static final int PART_BYTES = 80;

  private final ReadCost cost;
  private long held;
  private final GroupEntry entry;
  private final TracePlaces places;
  private final long[] spanIds;
  private final long[] parents;
  private final long[] starts;
  private final long[] durations;
  private final long[] kinds;
  private final TextColumn names;
  private final TextColumn states;
  private final TextColumn messages;
  private final long[] flags;
  private final List<Span.Resource> resources = new ArrayList<>();
  private final long[] resourceRows;
  private final List<Span.Scope> scopes = new ArrayList<>();
  private final long[] scopeRows;
  private final long[] dropped;
  private final AttributeRows attributes;
  private final EventRows events;
  private final LinkRows links;
  private int row;

  /** Decodes all columns; {@link #held} is what they took of the cost. */
  RowGroup(BlockReader reader, GroupEntry entry, TracePlaces places, ReadCost cost) {
    this.cost = cost;
    this.entry = entry;
    this.places = places;
    int rows = entry.spans();
    spanIds = rawLongs(open(reader, TraceBlockFormat.SPAN_IDS), rows);
    parents = readParents(open(reader, TraceBlockFormat.PARENTS));
    starts = LongColumn.read(open(reader, TraceBlockFormat.STARTS), rows);
    durations = LongColumn.read(open(reader, TraceBlockFormat.DURATIONS), rows);
    checkTimes(reader);
    kinds = LongColumn.read(open(reader, TraceBlockFormat.KINDS), rows);
    names = TextColumn.read(open(reader, TraceBlockFormat.NAMES), rows);
    states = TextColumn.read(open(reader, TraceBlockFormat.STATES), rows);
    messages = TextColumn.read(open(reader, TraceBlockFormat.MESSAGES), rows);
    flags = LongColumn.read(open(reader, TraceBlockFormat.FLAGS), rows);
    ByteReader in = open(reader, TraceBlockFormat.RESOURCES);
    for (int left = in.getCount(); left > 0; left--) {
      resources.add(AttributeCodec.getResource(in));
    }
    resourceRows = indexes(in, rows, resources.size());
    in = open(reader, TraceBlockFormat.SCOPES);
    for (int left = in.getCount(); left > 0; left--) {
      scopes.add(AttributeCodec.getScope(in));
    }
    scopeRows = indexes(in, rows, scopes.size());
    dropped = LongColumn.read(open(reader, TraceBlockFormat.DROPPED), 3 * rows);
    attributes = attributes(reader, TraceBlockFormat.OWNER_SPAN, rows);
    events = new EventRows(reader);
    links = new LinkRows(reader);
  }

  private ByteReader open(BlockReader reader, int code) {
    GroupEntry.Column column = entry.find(code);
    if (column == null) {
      throw new StorageException.Corrupt(reader.name(), 0, "column " + code + " is missing");
    }
    return take(reader, column, entry.spans());
  }

  /** Opens a column whose numbers take a word per row, and whose texts twice their bytes. */
  private ByteReader take(BlockReader reader, GroupEntry.Column column, int rows) {
    long numbers = 8L * rows + column.length();
    cost.take(numbers);
    ByteReader in = open(reader, column);
    long content = 2L * in.remaining();
    held += numbers;
    cost.take(content);
    held += content;
    return in;
  }

  /** Bytes that the decoded columns hold, roughly. */
  long held() {
    return held;
  }

  /** Bytes that the first spans of a trace are going to take, from the average of the group. */
  long spanBytes(int trace, int max) {
    int count = Math.min(places.endRow(trace) - places.firstRow(trace), max);
    long values = attributes.values() + events.values() + links.values();
    long parts = (long) events.times.length + links.flags.length;
    return count
        * (SPAN_BYTES + (VALUE_BYTES * values + PART_BYTES * parts) / Math.max(1, entry.spans()));
  }

  static ByteReader open(BlockReader reader, GroupEntry.Column column) {
    return Packed.unpack(
        reader.page(TraceBlockFormat.PAGES, column.offset(), column.length()), reader.name());
  }

  private static long[] rawLongs(ByteReader in, int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = in.getLong();
    }
    return values;
  }

  private static long[] indexes(ByteReader in, int rows, int bound) {
    long[] values = LongColumn.read(in, rows);
    for (long value : values) {
      if (value < 0 || value >= bound) {
        throw in.corrupt("index " + value + " is not below " + bound);
      }
    }
    return values;
  }

  private void checkTimes(BlockReader reader) {
    for (int i = 0; i < durations.length; i++) {
      if (starts[i] < 0 || durations[i] < 0) {
        throw new StorageException.Corrupt(reader.name(), 0, "a time before its trace");
      }
    }
  }

  private long[] readParents(ByteReader in) {
    long[] ids = new long[entry.spans()];
    for (int trace = 0; trace < places.size(); trace++) {
      int first = places.firstRow(trace);
      int count = places.endRow(trace) - first;
      for (int i = 0; i < count; i++) {
        int code = in.getIndex(count + 2);
        ids[first + i] = code == 0 ? 0 : code == 1 ? in.getLong() : spanIds[first + code - 2];
      }
    }
    return ids;
  }

  private AttributeRows attributes(BlockReader reader, int owner, int rows) {
    List<AttributeRows.Column> columns = new ArrayList<>();
    for (GroupEntry.Column column : entry.columns()) {
      if (column.code() == TraceBlockFormat.ATTRIBUTE && column.owner() == owner) {
        columns.add(
            AttributeRows.Column.read(column.key(), column.type(), take(reader, column, 0)));
      }
    }
    AttributeRows read =
        AttributeRows.read(
            open(reader, TraceBlockFormat.SHAPES + owner),
            rows,
            columns.toArray(new AttributeRows.Column[0]));
    // Attributes are sparse: only now it is known how many numbers their columns hold.
    long numbers = 8 * read.values();
    cost.take(numbers);
    held += numbers;
    return read;
  }

  /** Adds the first spans of a trace of this group. */
  void addSpans(int trace, int max, List<Span> into) {
    int first = places.firstRow(trace);
    int end = (int) Math.min(places.endRow(trace), (long) first + max);
    if (first < row) {
      row = 0;
      attributes.rewind();
      events.rewind();
      links.rewind();
    }
    while (row < first) {
      attributes.skip();
      events.skip(row);
      links.skip(row);
      row++;
    }
    TraceId id = places.id(trace);
    long base = places.minNanos(trace);
    while (row < end) {
      into.add(span(id, base));
      row++;
    }
  }

  private Span span(TraceId id, long base) {
    long start = base + starts[row];
    Attributes spanAttributes = attributes.next();
    return new Span(
        id,
        spanIds[row],
        parents[row],
        states.get(row),
        (int) flags[row],
        names.get(row),
        (int) (kinds[row] >> 8),
        start,
        start + durations[row],
        new Span.Status((int) (kinds[row] & 0xff), messages.get(row)),
        spanAttributes,
        events.next(row, start),
        links.next(row),
        new Span.Dropped(
            (int) dropped[3 * row], (int) dropped[3 * row + 1], (int) dropped[3 * row + 2]),
        resources.get((int) resourceRows[row]),
        scopes.get((int) scopeRows[row]));
  }

  private static int total(ByteReader in, long[] counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
      if (count < 0 || total > Integer.MAX_VALUE / 64) {
        throw in.corrupt(total + " rows");
      }
    }
    return (int) total;
  }

  /** The events of all rows, end to end. */
  private final class EventRows {
    private final long[] counts;
    private final long[] times;
    private final TextColumn names;
    private final long[] dropped;
    private final @Nullable AttributeRows attributes;
    private int at;

    EventRows(BlockReader reader) {
      ByteReader in = open(reader, TraceBlockFormat.EVENT_COUNTS);
      counts = LongColumn.read(in, entry.spans());
      int total = total(in, counts);
      boolean any = total > 0;
      times =
          any ? LongColumn.read(open(reader, TraceBlockFormat.EVENT_TIMES), total) : new long[0];
      names =
          any
              ? TextColumn.read(open(reader, TraceBlockFormat.EVENT_NAMES), total)
              : TextColumn.EMPTY;
      dropped =
          any ? LongColumn.read(open(reader, TraceBlockFormat.EVENT_DROPPED), total) : new long[0];
      attributes = any ? attributes(reader, TraceBlockFormat.OWNER_EVENT, total) : null;
    }

    long values() {
      return attributes == null ? 0 : attributes.values();
    }

    void rewind() {
      at = 0;
      if (attributes != null) {
        attributes.rewind();
      }
    }

    void skip(int span) {
      for (long left = counts[span]; left > 0 && attributes != null; left--) {
        attributes.skip();
        at++;
      }
    }

    List<Span.Event> next(int span, long start) {
      if (counts[span] == 0 || attributes == null) {
        return List.of();
      }
      List<Span.Event> events = new ArrayList<>((int) counts[span]);
      for (long left = counts[span]; left > 0; left--, at++) {
        events.add(
            new Span.Event(start + times[at], names.get(at), attributes.next(), (int) dropped[at]));
      }
      return events;
    }
  }

  /** The links of all rows, end to end. */
  private final class LinkRows {
    private final long[] counts;
    private final long[] ids;
    private final TextColumn states;
    private final long[] flags;
    private final long[] dropped;
    private final @Nullable AttributeRows attributes;
    private int at;

    LinkRows(BlockReader reader) {
      ByteReader in = open(reader, TraceBlockFormat.LINK_COUNTS);
      counts = LongColumn.read(in, entry.spans());
      int total = total(in, counts);
      boolean any = total > 0;
      ids = any ? rawLongs(open(reader, TraceBlockFormat.LINK_IDS), 3 * total) : new long[0];
      states =
          any
              ? TextColumn.read(open(reader, TraceBlockFormat.LINK_STATES), total)
              : TextColumn.EMPTY;
      flags = any ? LongColumn.read(open(reader, TraceBlockFormat.LINK_FLAGS), total) : new long[0];
      dropped =
          any ? LongColumn.read(open(reader, TraceBlockFormat.LINK_DROPPED), total) : new long[0];
      attributes = any ? attributes(reader, TraceBlockFormat.OWNER_LINK, total) : null;
    }

    long values() {
      return attributes == null ? 0 : attributes.values();
    }

    void rewind() {
      at = 0;
      if (attributes != null) {
        attributes.rewind();
      }
    }

    void skip(int span) {
      for (long left = counts[span]; left > 0 && attributes != null; left--) {
        attributes.skip();
        at++;
      }
    }

    List<Span.Link> next(int span) {
      if (counts[span] == 0 || attributes == null) {
        return List.of();
      }
      List<Span.Link> links = new ArrayList<>((int) counts[span]);
      for (long left = counts[span]; left > 0; left--, at++) {
        links.add(
            new Span.Link(
                new TraceId(ids[3 * at], ids[3 * at + 1]),
                ids[3 * at + 2],
                states.get(at),
                (int) flags[at],
                attributes.next(),
                (int) dropped[at]));
      }
      return links;
    }
  }
}
