package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.columns.SortedRows;
import io.trilith.tracestore.columns.SpanView;
import java.util.ArrayList;
import java.util.List;

/** Writes one trace block, see {@link TraceBlockFormat}. Used once, by one thread. */
public final class TraceBlockWriter {
  private final BlockWriter block;
  private final ByteWriter groups = new ByteWriter(1 << 12);
  private RowGroupWriter group = new RowGroupWriter();
  private final IdFilter.Builder ids = new IdFilter.Builder();
  private int groupCount;
  private long spans;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;

  /** What was written: size of the block, spans after removal of duplicates, time range. */
  public record Written(long bytes, long spans, long minTime, long maxTime) {}

  private TraceBlockWriter(ObjectOutput out) {
    this.block = new BlockWriter(out, TraceBlockFormat.KIND);
  }

  /** Writes a whole block out of columns; the caller commits the output. */
  public static Written write(ObjectOutput out, SortedRows sorted) {
    TraceBlockWriter writer = new TraceBlockWriter(out);
    writer.block.section(TraceBlockFormat.PAGES);
    int[] rows = sorted.rows();
    SpanView view = sorted.view();
    for (int from = 0; from < rows.length; ) {
      int to = from + 1;
      while (to < rows.length && isSameTrace(view, rows[from], rows[to])) {
        to++;
      }
      writer.ids.add(view.traceHighs()[rows[from]], view.traceLows()[rows[from]]);
      while (from < to) {
        int end = Math.min(to, from + TraceBlockFormat.GROUP_SPANS - writer.group.spans());
        writer.group.add(view, rows, from, end);
        writer.count(view, rows, from, end);
        from = end;
      }
    }
    return writer.finish();
  }

  private static boolean isSameTrace(SpanView view, int a, int b) {
    return view.traceHighs()[a] == view.traceHighs()[b]
        && view.traceLows()[a] == view.traceLows()[b];
  }

  private void count(SpanView view, int[] rows, int from, int to) {
    for (int i = from; i < to; i++) {
      long start = view.starts()[rows[i]];
      minTime = Math.min(minTime, start);
      maxTime = Math.max(maxTime, start + view.durations()[rows[i]]);
    }
    spans += to - from;
    if (group.spans() >= TraceBlockFormat.GROUP_SPANS) {
      finishGroup();
    }
  }

  /** Writes a whole block; the caller commits the output. */
  public static Written write(ObjectOutput out, PartSource source) {
    return write(out, List.of(source), Long.MIN_VALUE);
  }

  /**
   * Writes several sources, given in order of writing, as one block.
   *
   * @param oldestNanos spans that start before are left out
   */
  public static Written write(ObjectOutput out, List<PartSource> sources, long oldestNanos) {
    TraceBlockWriter writer = new TraceBlockWriter(out);
    writer.block.section(TraceBlockFormat.PAGES);
    List<PartSource.Cursor> cursors = new ArrayList<>();
    for (PartSource source : sources) {
      PartSource.Cursor cursor = source.parts();
      if (cursor.next()) {
        cursors.add(cursor);
      }
    }
    while (!cursors.isEmpty()) {
      TraceId id = cursors.getFirst().traceId();
      for (PartSource.Cursor cursor : cursors) {
        id = cursor.traceId().compareTo(id) < 0 ? cursor.traceId() : id;
      }
      List<Span> spans = new ArrayList<>();
      for (int i = 0; i < cursors.size(); i++) {
        PartSource.Cursor cursor = cursors.get(i);
        boolean more = true;
        while (more && cursor.traceId().equals(id)) {
          cursor.addSpans(spans, Integer.MAX_VALUE);
          more = cursor.next();
        }
        if (!more) {
          cursors.remove(i--);
        }
      }
      List<Span> whole = Trace.of(id, spans).spans();
      if (oldestNanos > Long.MIN_VALUE) {
        whole = whole.stream().filter(span -> span.startNanos() >= oldestNanos).toList();
      }
      writer.add(id, whole);
    }
    return writer.finish();
  }

  private void add(TraceId id, List<Span> all) {
    if (!all.isEmpty()) {
      ids.add(id.high(), id.low());
    }
    for (int from = 0; from < all.size(); ) {
      int room = TraceBlockFormat.GROUP_SPANS - group.spans();
      int to = Math.min(all.size(), from + room);
      List<Span> part = all.subList(from, to);
      group.add(id, part);
      for (Span span : part) {
        minTime = Math.min(minTime, span.startNanos());
        maxTime = Math.max(maxTime, span.endNanos());
      }
      spans += part.size();
      from = to;
      if (group.spans() >= TraceBlockFormat.GROUP_SPANS) {
        finishGroup();
      }
    }
  }

  private void finishGroup() {
    if (group.spans() > 0) {
      group.finish(block, groups);
      groupCount++;
      group = new RowGroupWriter();
    }
  }

  private Written finish() {
    finishGroup();
    block.section(TraceBlockFormat.ID_FILTER);
    ByteWriter filter = new ByteWriter();
    ids.write(filter);
    block.write(filter);
    block.section(TraceBlockFormat.GROUPS);
    ByteWriter head = new ByteWriter();
    head.putVarint(groupCount);
    block.write(head);
    block.write(groups);
    return new Written(block.finish(), spans, minTime, maxTime);
  }
}
