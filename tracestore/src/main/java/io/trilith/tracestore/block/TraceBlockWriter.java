package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.columns.SortedRows;
import io.trilith.tracestore.columns.SpanView;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes one trace block, see {@link TraceBlockFormat}. Used once, by one thread. */
public final class TraceBlockWriter {
  private final BlockWriter block;
  private final ByteWriter groups = new ByteWriter(1 << 12);
  private RowGroupWriter group = new RowGroupWriter();
  private final IdFilter.Builder ids = new IdFilter.Builder();
  private int groupCount;
  private boolean inPart;
  private long partHigh;
  private long partLow;
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
    SpanView view = sorted.view();
    long[] highs = view.traceHighs();
    long[] lows = view.traceLows();
    for (int row : sorted.rows()) {
      writer.begin(highs[row], lows[row], view.starts()[row]);
      writer.group.add(view, row);
      writer.added(view.starts()[row], view.duration(row));
    }
    return writer.finish();
  }

  /**
   * A block to be merged.
   *
   * @param rules what they hide is left out
   */
  public record Input(TraceBlock block, List<SpanRule> rules) {}

  /**
   * Merges blocks, given in order of writing: of spans of a trace that are the same the last one
   * stays. Holds a row group of each and the one that is written, whatever the size of blocks and
   * traces, and of a trace that several have a bit per span.
   *
   * @param oldestNanos spans that start before are left out
   */
  public static Written merge(ObjectOutput out, List<Input> inputs, long oldestNanos) {
    TraceBlockWriter writer = new TraceBlockWriter(out);
    writer.block.section(TraceBlockFormat.PAGES);
    List<MergeSource> sources = new ArrayList<>();
    for (Input input : inputs) {
      MergeSource source = new MergeSource(input.block(), input.rules(), oldestNanos);
      if (source.nextPart()) {
        sources.add(source);
      }
    }
    SpanDuplicates duplicates = new SpanDuplicates();
    List<MergeSource> sharing = new ArrayList<>();
    while (!sources.isEmpty()) {
      MergeSource first = sources.getFirst();
      for (MergeSource source : sources) {
        first = isBefore(source, first) ? source : first;
      }
      long high = first.high();
      long low = first.low();
      sharing.clear();
      for (MergeSource source : sources) {
        if (source.isAt(high, low)) {
          sharing.add(source);
        }
      }
      writer.merge(high, low, sharing, duplicates);
      sources.removeIf(source -> !source.isOpen());
    }
    return writer.finish();
  }

  private static boolean isBefore(MergeSource a, MergeSource b) {
    int byHigh = Long.compareUnsigned(a.high(), b.high());
    return byHigh != 0 ? byHigh < 0 : Long.compareUnsigned(a.low(), b.low()) < 0;
  }

  /** Writes a trace of which some sources have parts. */
  private void merge(long high, long low, List<MergeSource> sharing, SpanDuplicates duplicates) {
    List<@Nullable BitSet> dead = sharing.size() > 1 ? duplicates.of(sharing) : List.of();
    for (int i = 0; i < sharing.size(); i++) {
      sharing.get(i).enter(dead.isEmpty() ? null : dead.get(i));
    }
    while (true) {
      MergeSource next = null;
      for (MergeSource source : sharing) {
        if (source.hasRow() && (next == null || source.isBefore(next))) {
          next = source;
        }
      }
      if (next == null) {
        return;
      }
      begin(high, low, next.start());
      GroupRows rows = next.rows();
      rows.copyTo(group);
      group.add(rows, next.row());
      added(next.start(), rows.duration(next.row()));
      next.advance();
    }
  }

  /** Makes sure that the span that comes next finds its part begun. */
  private void begin(long high, long low, long startNanos) {
    if (inPart && (high != partHigh || low != partLow)) {
      group.endPart();
      inPart = false;
    }
    if (!inPart) {
      if (spans == 0 || high != partHigh || low != partLow) {
        ids.add(high, low);
      }
      group.beginPart(high, low, startNanos);
      inPart = true;
      partHigh = high;
      partLow = low;
    }
  }

  private void added(long start, long duration) {
    minTime = Math.min(minTime, start);
    maxTime = Math.max(maxTime, start + duration);
    spans++;
    if (group.isFull()) {
      finishGroup();
    }
  }

  private void finishGroup() {
    if (inPart) {
      group.endPart();
      inPart = false;
    }
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
