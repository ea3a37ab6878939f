package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TextView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects the spans of one row group and writes its columns. Used once, by one thread. */
final class RowGroupWriter {
  /** Parents among so many spans are looked for one by one. */
  private static final int FEW = 32;

  private final ByteWriter traces = new ByteWriter();
  private final ByteWriter spanIds = new ByteWriter();
  private final ByteWriter parents = new ByteWriter();
  private final LongColumn starts = new LongColumn();
  private final LongColumn durations = new LongColumn();
  private final LongColumn kinds = new LongColumn();
  private final TextColumn.Builder names = new TextColumn.Builder();
  private final TextColumn.Builder states = new TextColumn.Builder();
  private final TextColumn.Builder messages = new TextColumn.Builder();
  private final LongColumn flags = new LongColumn();
  private final Dictionary<Span.Resource> resources = new Dictionary<>();
  private final IntNumbers knownResources = new IntNumbers();
  private final IntNumbers knownScopes = new IntNumbers();
  private final LongColumn resourceRows = new LongColumn();
  private final Dictionary<Span.Scope> scopes = new Dictionary<>();
  private final LongColumn scopeRows = new LongColumn();
  private final LongColumn dropped = new LongColumn();
  private final LongColumn eventCounts = new LongColumn();
  private final LongColumn linkCounts = new LongColumn();
  private final LongColumn eventTimes = new LongColumn();
  private final TextColumn.Builder eventNames = new TextColumn.Builder();
  private final LongColumn eventDropped = new LongColumn();
  private final ByteWriter linkIds = new ByteWriter();
  private final TextColumn.Builder linkStates = new TextColumn.Builder();
  private final LongColumn linkFlags = new LongColumn();
  private final LongColumn linkDropped = new LongColumn();
  private final AttributeWriter[] attributes = {
    new AttributeWriter(), new AttributeWriter(), new AttributeWriter()
  };
  private final ByteWriter directory = new ByteWriter();
  private TraceId first = new TraceId(0, 0);
  private TraceId last = new TraceId(0, 0);
  private int traceCount;
  private int spans;
  private int columns;
  private long minStart = Long.MAX_VALUE;
  private long maxEnd = Long.MIN_VALUE;
  private long minDuration = Long.MAX_VALUE;
  private long maxDuration;

  int spans() {
    return spans;
  }

  /** Adds spans of one trace; traces come in order of id. */
  void add(TraceId id, List<Span> part) {
    if (spans == 0) {
      first = id;
    }
    last = id;
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (Span span : part) {
      min = Math.min(min, span.startNanos());
      max = Math.max(max, span.endNanos());
    }
    traces.putLong(id.high());
    traces.putLong(id.low());
    traces.putVarint(part.size());
    traces.putZigzag(min);
    traces.putVarint(max - min);
    traceCount++;
    Map<Long, Integer> places = HashMap.newHashMap(part.size());
    for (int i = 0; i < part.size(); i++) {
      places.putIfAbsent(part.get(i).spanId(), i);
    }
    for (Span span : part) {
      putParent(span.parentId(), places);
      starts.add(span.startNanos() - min);
      add(span);
    }
    minStart = Math.min(minStart, min);
    maxEnd = Math.max(maxEnd, max);
  }

  /** Adds spans of one trace out of a view, which is always the same one. */
  void add(SpanView view, int[] rows, int from, int to) {
    TraceId id = new TraceId(view.traceHighs()[rows[from]], view.traceLows()[rows[from]]);
    first = spans == 0 ? id : first;
    last = id;
    long min = view.starts()[rows[from]];
    long max = Long.MIN_VALUE;
    for (int i = from; i < to; i++) {
      max = Math.max(max, view.starts()[rows[i]] + view.durations()[rows[i]]);
    }
    traces.putLong(id.high());
    traces.putLong(id.low());
    traces.putVarint(to - from);
    traces.putZigzag(min);
    traces.putVarint(max - min);
    traceCount++;
    Map<Long, Integer> places = to - from > FEW ? HashMap.newHashMap(to - from) : Map.of();
    for (int i = from; i < to && to - from > FEW; i++) {
      places.putIfAbsent(view.spanIds()[rows[i]], i - from);
    }
    for (int i = from; i < to; i++) {
      long parent = view.parentIds()[rows[i]];
      if (to - from > FEW || parent == 0) {
        putParent(parent, places);
      } else {
        putParent(parent, find(parent, view.spanIds(), rows, from, to));
      }
      starts.add(view.starts()[rows[i]] - min);
      add(view, rows[i]);
    }
    minStart = Math.min(minStart, min);
    maxEnd = Math.max(maxEnd, max);
  }

  private static @Nullable Integer find(long id, long[] ids, int[] rows, int from, int to) {
    for (int i = from; i < to; i++) {
      if (ids[rows[i]] == id) {
        return i - from;
      }
    }
    return null;
  }

  private void add(SpanView view, int row) {
    spans++;
    spanIds.putLong(view.spanIds()[row]);
    long duration = view.durations()[row];
    durations.add(duration);
    minDuration = Math.min(minDuration, duration);
    maxDuration = Math.max(maxDuration, duration);
    kinds.add(view.kinds()[row]);
    TextView texts = view.texts();
    names.add(view.names()[row], texts);
    states.add(view.states()[row], texts);
    messages.add(view.messages()[row], texts);
    flags.add(view.flags()[row]);
    resourceRows.add(
        number(view.resourceNumbers()[row], view.resources(), resources, knownResources));
    scopeRows.add(number(view.scopeNumbers()[row], view.scopes(), scopes, knownScopes));
    Span.Dropped left = view.dropped(row);
    dropped.add(left.attributes());
    dropped.add(left.events());
    dropped.add(left.links());
    attributes[TraceBlockFormat.OWNER_SPAN].add(view, SpanView.Owner.SPAN, row);
    int end = view.endEvent(row);
    eventCounts.add(end - view.firstEvent(row));
    for (int i = view.firstEvent(row); i < end; i++) {
      eventTimes.add(view.eventTime(i) - view.starts()[row]);
      eventNames.add(view.eventNames()[i], texts);
      eventDropped.add(view.eventDropped(i));
      attributes[TraceBlockFormat.OWNER_EVENT].add(view, SpanView.Owner.EVENT, i);
    }
    addLinks(view, row);
  }

  private void addLinks(SpanView view, int row) {
    int end = view.endLink(row);
    linkCounts.add(end - view.firstLink(row));
    for (int i = view.firstLink(row); i < end; i++) {
      for (int k = 0; k < 3; k++) {
        linkIds.putLong(view.linkId(i, k));
      }
      linkStates.add(view.linkState(i), view.texts());
      linkFlags.add(view.linkFlags(i));
      linkDropped.add(view.linkDropped(i));
      attributes[TraceBlockFormat.OWNER_LINK].add(view, SpanView.Owner.LINK, i);
    }
  }

  private static <T> int number(int of, List<T> owners, Dictionary<T> into, IntNumbers known) {
    int number = known.get(of);
    if (number < 0) {
      number = into.add(owners.get(of));
      known.put(of, number);
    }
    return number;
  }

  /** 0 no parent, 1 its id follows, else 2 plus its place among the trace's rows. */
  private void putParent(long parentId, Map<Long, Integer> places) {
    if (parentId == 0) {
      parents.putVarint(0);
      return;
    }
    putParent(parentId, places.get(parentId));
  }

  private void putParent(long parentId, @Nullable Integer place) {
    if (place == null) {
      parents.putVarint(1);
      parents.putLong(parentId);
    } else {
      parents.putVarint(2L + place);
    }
  }

  private void add(Span span) {
    spans++;
    spanIds.putLong(span.spanId());
    durations.add(span.durationNanos());
    minDuration = Math.min(minDuration, span.durationNanos());
    maxDuration = Math.max(maxDuration, span.durationNanos());
    kinds.add((long) span.kind() << 8 | span.status().code());
    names.add(span.name());
    states.add(span.traceState());
    messages.add(span.status().message());
    flags.add(span.flags());
    resourceRows.add(resources.add(span.resource()));
    scopeRows.add(scopes.add(span.scope()));
    dropped.add(span.dropped().attributes());
    dropped.add(span.dropped().events());
    dropped.add(span.dropped().links());
    attributes[TraceBlockFormat.OWNER_SPAN].add(span.attributes());
    eventCounts.add(span.events().size());
    for (Span.Event event : span.events()) {
      eventTimes.add(event.timeNanos() - span.startNanos());
      eventNames.add(event.name());
      eventDropped.add(event.droppedAttributes());
      attributes[TraceBlockFormat.OWNER_EVENT].add(event.attributes());
    }
    linkCounts.add(span.links().size());
    for (Span.Link link : span.links()) {
      linkIds.putLong(link.traceId().high());
      linkIds.putLong(link.traceId().low());
      linkIds.putLong(link.spanId());
      linkStates.add(link.traceState());
      linkFlags.add(link.flags());
      linkDropped.add(link.droppedAttributes());
      attributes[TraceBlockFormat.OWNER_LINK].add(link.attributes());
    }
  }

  /** Writes the pages, and the group's entry to the directory. */
  void finish(BlockWriter block, ByteWriter groups) {
    ByteWriter counted = new ByteWriter(traces.size() + 5);
    counted.putVarint(traceCount);
    counted.putBytes(traces.view());
    page(block, TraceBlockFormat.TRACES, out -> out.putBytes(counted.view()));
    page(block, TraceBlockFormat.SPAN_IDS, out -> out.putBytes(spanIds.view()));
    page(block, TraceBlockFormat.PARENTS, out -> out.putBytes(parents.view()));
    page(block, TraceBlockFormat.STARTS, starts::write);
    page(block, TraceBlockFormat.DURATIONS, durations::write);
    page(block, TraceBlockFormat.KINDS, kinds::write);
    page(block, TraceBlockFormat.NAMES, names::write);
    page(block, TraceBlockFormat.STATES, states::write);
    page(block, TraceBlockFormat.MESSAGES, messages::write);
    page(block, TraceBlockFormat.FLAGS, flags::write);
    page(block, TraceBlockFormat.RESOURCES, this::writeResources);
    page(block, TraceBlockFormat.SCOPES, this::writeScopes);
    page(block, TraceBlockFormat.DROPPED, dropped::write);
    page(block, TraceBlockFormat.EVENT_COUNTS, eventCounts::write);
    page(block, TraceBlockFormat.LINK_COUNTS, linkCounts::write);
    attributes(block, TraceBlockFormat.OWNER_SPAN);
    if (eventTimes.size() > 0) {
      page(block, TraceBlockFormat.EVENT_TIMES, eventTimes::write);
      page(block, TraceBlockFormat.EVENT_NAMES, eventNames::write);
      page(block, TraceBlockFormat.EVENT_DROPPED, eventDropped::write);
      attributes(block, TraceBlockFormat.OWNER_EVENT);
    }
    if (linkFlags.size() > 0) {
      page(block, TraceBlockFormat.LINK_IDS, out -> out.putBytes(linkIds.view()));
      page(block, TraceBlockFormat.LINK_STATES, linkStates::write);
      page(block, TraceBlockFormat.LINK_FLAGS, linkFlags::write);
      page(block, TraceBlockFormat.LINK_DROPPED, linkDropped::write);
      attributes(block, TraceBlockFormat.OWNER_LINK);
    }
    groups.putVarint(spans);
    groups.putLong(first.high());
    groups.putLong(first.low());
    groups.putLong(last.high());
    groups.putLong(last.low());
    groups.putZigzag(minStart);
    groups.putVarint(maxEnd - minStart);
    groups.putVarint(minDuration);
    groups.putVarint(maxDuration);
    groups.putVarint(columns);
    groups.putBytes(directory.view());
  }

  private void writeResources(ByteWriter out) {
    out.putVarint(resources.values().size());
    resources.values().forEach(resource -> AttributeCodec.putResource(resource, out));
    resourceRows.write(out);
  }

  private void writeScopes(ByteWriter out) {
    out.putVarint(scopes.values().size());
    scopes.values().forEach(scope -> AttributeCodec.putScope(scope, out));
    scopeRows.write(out);
  }

  private void attributes(BlockWriter block, int owner) {
    AttributeWriter writer = attributes[owner];
    for (int i = 0; i < writer.columnCount(); i++) {
      int column = i;
      directory.putVarint(TraceBlockFormat.ATTRIBUTE);
      directory.putVarint(owner);
      directory.putVarint(writer.key(i).type());
      directory.putString(writer.key(i).name());
      content(block, out -> writer.writeColumn(column, out));
    }
    page(block, TraceBlockFormat.SHAPES + owner, writer::writeShapes);
  }

  private void page(BlockWriter block, int code, Consumer<ByteWriter> content) {
    directory.putVarint(code);
    content(block, content);
  }

  private void content(BlockWriter block, Consumer<ByteWriter> content) {
    ByteWriter raw = new ByteWriter(1 << 12);
    content.accept(raw);
    ByteWriter packed = new ByteWriter(raw.size() / 2 + 16);
    Packed.pack(raw, packed);
    directory.putVarint(block.sectionSize());
    directory.putVarint(block.page(packed.view()));
    columns++;
  }
}
