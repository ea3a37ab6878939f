package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TextView;
import java.util.List;
import java.util.function.Consumer;

/** Collects the spans of one row group and writes its columns. Used once, by one thread. */
final class RowGroupWriter {
  // What rows take beside their attributes and texts, roughly.
  private static final int ROW_BYTES = 100;
  private static final int PART_BYTES = 40;

  private final ByteWriter traces = new ByteWriter();
  private final ByteWriter spanIds = new ByteWriter();
  private final ByteWriter parents = new ByteWriter();
  private final LongColumn starts = new LongColumn();
  private final LongColumn durations = new LongColumn();
  private final LongColumn earlyEnds = new LongColumn();
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
  private long firstHigh;
  private long firstLow;
  private long lastHigh;
  private long lastLow;
  private int traceCount;
  private int spans;
  private int columns;
  private long weight;
  private long minStart = Long.MAX_VALUE;
  private long maxEnd = Long.MIN_VALUE;
  private long minDuration = Long.MAX_VALUE;
  private long maxDuration;
  private boolean anyEarly;

  // Of the part that is being added.
  private final PartRows part = new PartRows();
  private long partStart;
  private long partEnd;

  int spans() {
    return spans;
  }

  /** Whether no more spans are to be added. */
  boolean isFull() {
    return spans >= TraceBlockFormat.GROUP_SPANS || weight >= TraceBlockFormat.GROUP_BYTES;
  }

  /** Spans that come next are of this trace, the first of them has that start. */
  void beginPart(long high, long low, long startNanos) {
    if (spans == 0) {
      firstHigh = high;
      firstLow = low;
    }
    lastHigh = high;
    lastLow = low;
    partStart = startNanos;
    partEnd = Long.MIN_VALUE;
    part.clear();
  }

  /** Ends what was begun; it has spans. */
  void endPart() {
    traces.putLong(lastHigh);
    traces.putLong(lastLow);
    traces.putVarint(part.size());
    traces.putZigzag(partStart);
    traces.putVarint(partEnd - partStart);
    traceCount++;
    part.writeParents(parents);
    minStart = Math.min(minStart, partStart);
    maxEnd = Math.max(maxEnd, partEnd);
  }

  private void add(long spanId, long parentId, long start, long duration, long early) {
    spans++;
    weight += ROW_BYTES;
    part.add(spanId, parentId);
    spanIds.putLong(spanId);
    starts.add(start - partStart);
    partEnd = Math.max(partEnd, start + duration);
    durations.add(duration);
    minDuration = Math.min(minDuration, duration);
    maxDuration = Math.max(maxDuration, duration);
    earlyEnds.add(early);
    anyEarly |= early != 0;
  }

  /** Adds a span out of a view; a writer that takes spans of a view takes them of no other. */
  void add(SpanView view, int row) {
    add(
        view.spanIds()[row],
        view.parentIds()[row],
        view.starts()[row],
        view.duration(row),
        view.early(row));
    kinds.add(view.kinds()[row]);
    TextView texts = view.texts();
    long before = textBytes();
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
    weight += attributes[TraceBlockFormat.OWNER_SPAN].add(view, SpanView.Owner.SPAN, row);
    int end = view.endEvent(row);
    eventCounts.add(end - view.firstEvent(row));
    for (int i = view.firstEvent(row); i < end; i++) {
      weight += PART_BYTES;
      eventTimes.add(view.eventTime(i) - view.starts()[row]);
      eventNames.add(view.eventNames()[i], texts);
      eventDropped.add(view.eventDropped(i));
      weight += attributes[TraceBlockFormat.OWNER_EVENT].add(view, SpanView.Owner.EVENT, i);
    }
    addLinks(view, row);
    weight += textBytes() - before;
  }

  private long textBytes() {
    return names.weight()
        + states.weight()
        + messages.weight()
        + eventNames.weight()
        + linkStates.weight();
  }

  /** Copies a span of another group; its rows come in ascending order. */
  void add(GroupRows from, int row) {
    add(from.spanId(row), from.parentId(row), from.start(row), from.duration(row), from.early(row));
    kinds.add(from.kind(row));
    long before = textBytes();
    from.names.copy(row, names);
    from.states.copy(row, states);
    from.messages.copy(row, messages);
    flags.add(from.flags.get(row));
    resourceRows.add(from.resources.copy(row, resources));
    scopeRows.add(from.scopes.copy(row, scopes));
    for (int i = 0; i < 3; i++) {
      dropped.add(from.dropped.get(3 * row + i));
    }
    weight +=
        attributes[TraceBlockFormat.OWNER_SPAN].add(
            from.attributes[TraceBlockFormat.OWNER_SPAN], row);
    int firstEvent = from.eventCounts.first(row);
    int endEvent = from.eventCounts.end(row);
    eventCounts.add(endEvent - firstEvent);
    for (int i = firstEvent; i < endEvent; i++) {
      weight += PART_BYTES;
      eventTimes.add(from.eventTimes.get(i));
      from.eventNames.copy(i, eventNames);
      eventDropped.add(from.eventDropped.get(i));
      weight +=
          attributes[TraceBlockFormat.OWNER_EVENT].add(
              from.attributes[TraceBlockFormat.OWNER_EVENT], i);
    }
    int firstLink = from.linkCounts.first(row);
    int endLink = from.linkCounts.end(row);
    linkCounts.add(endLink - firstLink);
    for (int i = firstLink; i < endLink; i++) {
      weight += PART_BYTES;
      for (int k = 0; k < 3; k++) {
        linkIds.putLong(from.linkIds[3 * i + k]);
      }
      from.linkStates.copy(i, linkStates);
      linkFlags.add(from.linkFlags.get(i));
      linkDropped.add(from.linkDropped.get(i));
      weight +=
          attributes[TraceBlockFormat.OWNER_LINK].add(
              from.attributes[TraceBlockFormat.OWNER_LINK], i);
    }
    weight += textBytes() - before;
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
      weight += PART_BYTES;
      weight += attributes[TraceBlockFormat.OWNER_LINK].add(view, SpanView.Owner.LINK, i);
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
    if (anyEarly) {
      page(block, TraceBlockFormat.EARLY_ENDS, earlyEnds::write);
    }
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
    groups.putLong(firstHigh);
    groups.putLong(firstLow);
    groups.putLong(lastHigh);
    groups.putLong(lastLow);
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
