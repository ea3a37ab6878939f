package io.trilith.tracestore.block;

import io.trilith.storage.error.StorageException;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes spans of the rows of a group. Not thread-safe. */
final class RowGroup {
  private static final int SPAN_BYTES = 220;
  private static final int VALUE_BYTES = 32;
  private static final int PART_BYTES = 80;

  private final GroupColumns columns;
  private final TracePlaces places;
  private final long[] spanIds;
  private final long[] parents;
  private final Longs starts;
  private final Longs durations;
  private final Longs earlyEnds;
  private final Longs kinds;
  private final Texts names;
  private final Texts states;
  private final Texts messages;
  private final Longs flags;
  private final GroupColumns.Owners<Span.Resource> resources;
  private final GroupColumns.Owners<Span.Scope> scopes;
  private final Longs dropped;
  private final Owned attributes;
  private final Events events;
  private final Links links;

  /** Reads all columns. */
  RowGroup(GroupColumns columns) {
    this.columns = columns;
    places = columns.places();
    spanIds = columns.raw(TraceBlockFormat.SPAN_IDS, columns.rows());
    parents = columns.parents();
    starts = columns.times(TraceBlockFormat.STARTS);
    durations = columns.times(TraceBlockFormat.DURATIONS);
    earlyEnds = columns.earlyEnds();
    kinds = columns.longs(TraceBlockFormat.KINDS);
    names = columns.texts(TraceBlockFormat.NAMES);
    states = columns.texts(TraceBlockFormat.STATES);
    messages = columns.texts(TraceBlockFormat.MESSAGES);
    flags = columns.longs(TraceBlockFormat.FLAGS);
    resources = columns.resources();
    scopes = columns.scopes();
    dropped = columns.longs(TraceBlockFormat.DROPPED, 3 * columns.rows());
    attributes = new Owned(TraceBlockFormat.OWNER_SPAN, true);
    events = new Events();
    links = new Links();
  }

  /** Bytes that the first spans of a trace are going to take, from the average of the group. */
  long spanBytes(int trace, int max) {
    int count = Math.min(places.endRow(trace) - places.firstRow(trace), max);
    long values = attributes.total + events.attributes.total + links.attributes.total;
    long parts = (long) events.counts.total() + links.counts.total();
    return count
        * (SPAN_BYTES + (VALUE_BYTES * values + PART_BYTES * parts) / Math.max(1, columns.rows()));
  }

  /** Adds the first spans of a trace of this group. */
  void addSpans(int trace, int max, List<Span> into) {
    int first = places.firstRow(trace);
    int end = (int) Math.min(places.endRow(trace), (long) first + max);
    attributes.moveTo(first);
    events.attributes.moveTo(events.counts.first(first));
    links.attributes.moveTo(links.counts.first(first));
    for (int row = first; row < end; row++) {
      into.add(span(places.id(trace), places.minNanos(trace), row));
    }
  }

  private Span span(TraceId id, long base, int row) {
    long start = base + starts.get(row);
    long kind = kinds.get(row);
    long end = start + durations.get(row);
    long early = earlyEnds.get(row);
    if (end < start || (early > 0 && end > start)) {
      throw new StorageException.Corrupt(columns.name(), 0, "a time before its trace");
    }
    return new Span(
        id,
        spanIds[row],
        parents[row],
        states.get(row),
        (int) flags.get(row),
        names.get(row),
        (int) (kind >> 8),
        start,
        end - early,
        status((int) (kind & 0xff), messages.get(row)),
        attributes.next(),
        events.of(row, start),
        links.of(row),
        dropped(row),
        resources.of(row),
        scopes.of(row));
  }

  private static Span.Status status(int code, String message) {
    return code == 0 && message.isEmpty() ? Span.Status.UNSET : new Span.Status(code, message);
  }

  private Span.Dropped dropped(int row) {
    int attributesLeft = (int) dropped.get(3 * row);
    int eventsLeft = (int) dropped.get(3 * row + 1);
    int linksLeft = (int) dropped.get(3 * row + 2);
    return (attributesLeft | eventsLeft | linksLeft) == 0
        ? Span.Dropped.NOTHING
        : new Span.Dropped(attributesLeft, eventsLeft, linksLeft);
  }

  /** The attributes of an owner, row by row from where it was moved to. */
  private final class Owned {
    private final @Nullable Shapes shapes;
    private final Values[] values;
    private final String[] keys;
    private final @Nullable Names[] shapeKeys;
    private final long total;
    private int[] positions = {};
    private int row = -1;

    Owned(int owner, boolean any) {
      if (!any) {
        shapes = null;
        values = new Values[0];
        keys = new String[0];
        shapeKeys = new Names[0];
        total = 0;
        return;
      }
      int[] places = columns.entry().attributes(owner);
      shapes = columns.shapes(owner);
      values = new Values[places.length];
      keys = new String[places.length];
      for (int i = 0; i < places.length; i++) {
        values[i] = columns.values(owner, i);
        keys[i] = columns.entry().columns().get(places[i]).key();
      }
      shapeKeys = new Names[shapes.shapes()];
      total = shapes.values();
    }

    void moveTo(int to) {
      if (shapes != null && to != row && to < shapes.rows()) {
        positions = shapes.before(to);
        row = to;
      }
    }

    Attributes next() {
      if (shapes == null) {
        return Attributes.NONE;
      }
      int number = shapes.number(row++);
      int[] shape = shapes.columns(number);
      int[] places = new int[shape.length];
      for (int i = 0; i < shape.length; i++) {
        places[i] = positions[shape[i]]++;
      }
      String[] names = names(number, shape);
      Values[] from = values;
      return Attributes.of(names, i -> from[shape[i]].value(places[i]));
    }

    private String[] names(int number, int[] shape) {
      Names known = shapeKeys[number];
      if (known == null) {
        String[] made = new String[shape.length];
        for (int i = 0; i < shape.length; i++) {
          made[i] = keys[shape[i]];
        }
        known = new Names(made);
        shapeKeys[number] = known;
      }
      return known.of;
    }
  }

  /** The keys of a shape. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Names(String[] of) {}

  private final class Events {
    private final GroupColumns.Counts counts = columns.counts(TraceBlockFormat.EVENT_COUNTS);
    private final boolean any = counts.total() > 0;
    private final Longs times =
        any ? columns.longs(TraceBlockFormat.EVENT_TIMES, counts.total()) : Longs.EMPTY;
    private final Texts names =
        any ? columns.texts(TraceBlockFormat.EVENT_NAMES, counts.total()) : Texts.EMPTY;
    private final Longs dropped =
        any ? columns.longs(TraceBlockFormat.EVENT_DROPPED, counts.total()) : Longs.EMPTY;
    private final Owned attributes = new Owned(TraceBlockFormat.OWNER_EVENT, any);

    List<Span.Event> of(int span, long start) {
      int end = counts.end(span);
      if (counts.first(span) == end) {
        return List.of();
      }
      List<Span.Event> events = new ArrayList<>(end - counts.first(span));
      for (int at = counts.first(span); at < end; at++) {
        events.add(
            new Span.Event(
                start + times.get(at), names.get(at), attributes.next(), (int) dropped.get(at)));
      }
      return events;
    }
  }

  private final class Links {
    private final GroupColumns.Counts counts = columns.counts(TraceBlockFormat.LINK_COUNTS);
    private final boolean any = counts.total() > 0;
    private final long[] ids =
        any ? columns.raw(TraceBlockFormat.LINK_IDS, 3 * counts.total()) : new long[0];
    private final Texts states =
        any ? columns.texts(TraceBlockFormat.LINK_STATES, counts.total()) : Texts.EMPTY;
    private final Longs flags =
        any ? columns.longs(TraceBlockFormat.LINK_FLAGS, counts.total()) : Longs.EMPTY;
    private final Longs dropped =
        any ? columns.longs(TraceBlockFormat.LINK_DROPPED, counts.total()) : Longs.EMPTY;
    private final Owned attributes = new Owned(TraceBlockFormat.OWNER_LINK, any);

    List<Span.Link> of(int span) {
      int end = counts.end(span);
      if (counts.first(span) == end) {
        return List.of();
      }
      List<Span.Link> links = new ArrayList<>(end - counts.first(span));
      for (int at = counts.first(span); at < end; at++) {
        links.add(
            new Span.Link(
                new TraceId(ids[3 * at], ids[3 * at + 1]),
                ids[3 * at + 2],
                states.get(at),
                (int) flags.get(at),
                attributes.next(),
                (int) dropped.get(at)));
      }
      return links;
    }
  }
}
