package io.trilith.tracestore.block;

import static java.util.Objects.requireNonNull;

import io.trilith.storage.error.StorageException;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.TraceId;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A block on its way into another one: trace by trace in order of id, of each the rows that are
 * kept, in order of start, id and kind. It holds the columns of one row group. Not thread-safe.
 */
final class MergeSource {
  private final TraceBlock block;
  private final List<SpanRule> rules;
  private final long oldestNanos;
  private int group = -1;
  private int trace;
  private @Nullable GroupRows rows;
  private BitSet hidden = new BitSet(0);

  // The trace, and where its rows are read.
  private long high;
  private long low;
  private boolean hasRow;
  private @Nullable BitSet dead;
  private int row;
  private int end;
  private int ordinal;
  private long start;
  private long spanId;
  private long kind;

  /**
   * A source before its first trace.
   *
   * @param rules what they hide is left out
   * @param oldestNanos spans that start before are left out
   */
  MergeSource(TraceBlock block, List<SpanRule> rules, long oldestNanos) {
    this.block = block;
    this.rules = rules;
    this.oldestNanos = oldestNanos;
  }

  /** Goes to the next part, which may be of the same trace; false when there is none. */
  boolean nextPart() {
    trace++;
    while (rows == null || trace >= rows.places.size()) {
      trace = 0;
      rows = null;
      if (++group >= block.groupCount()) {
        group = block.groupCount();
        return false;
      }
      GroupColumns columns = block.columns(group, ReadCost.NONE);
      rows = new GroupRows(columns);
      hidden = hidden(columns);
    }
    return true;
  }

  private BitSet hidden(GroupColumns columns) {
    BitSet all = new BitSet(0);
    TracePlaces places = columns.places();
    for (SpanRule rule : rules) {
      if (!rule.traces().isEmpty()) {
        for (int i = 0; i < places.size(); i++) {
          if (rule.traces().contains(places.id(i))) {
            all.set(places.firstRow(i), places.endRow(i));
          }
        }
      }
      SpanFilter meant = rule.filter();
      GroupEntry entry = columns.entry();
      if (meant != null && entry.minStart() <= rule.maxTime() && entry.maxEnd() >= rule.minTime()) {
        all.or(expired(columns, rule, meant));
      }
    }
    return all;
  }

  private static BitSet expired(GroupColumns columns, SpanRule rule, SpanFilter meant) {
    GroupFilter filter = new GroupFilter(columns);
    BitSet found = filter.rows(meant);
    for (SpanFilter except : rule.except()) {
      found.andNot(filter.rows(except));
    }
    TracePlaces places = columns.places();
    Longs starts = columns.times(TraceBlockFormat.STARTS);
    for (int i = 0; i < places.size(); i++) {
      int end = places.endRow(i);
      for (int at = found.nextSetBit(places.firstRow(i)); at >= 0 && at < end; ) {
        long startsAt = places.minNanos(i) + starts.get(at);
        found.set(at, startsAt >= rule.minTime() && startsAt <= rule.maxTime());
        at = found.nextSetBit(at + 1);
      }
    }
    return found;
  }

  /** Whether it is at a part. */
  boolean isOpen() {
    return rows != null;
  }

  GroupRows rows() {
    return requireNonNull(rows);
  }

  long high() {
    return rows().places.high(trace);
  }

  long low() {
    return rows().places.low(trace);
  }

  boolean isAt(long idHigh, long idLow) {
    return rows != null && high() == idHigh && low() == idLow;
  }

  /** Takes rows of the trace. */
  @FunctionalInterface
  interface RowVisitor {
    void row(long spanId, long kind, int ordinal);
  }

  /** How many rows the trace has here, those that are left out too. */
  long traceRows() {
    long count = 0;
    for (int i = group; i < block.groupCount() && mayHaveTrace(i); i++) {
      TracePlaces places = i == group ? rows().places : block.columns(i, ReadCost.NONE).places();
      int at = i == group ? trace : places.find(new TraceId(high(), low()));
      count += at < 0 ? 0 : places.endRow(at) - places.firstRow(at);
    }
    return count;
  }

  private boolean mayHaveTrace(int at) {
    return at == group || block.group(at).first().equals(new TraceId(high(), low()));
  }

  /**
   * Visits the rows of the trace that no rule hides, without leaving the first one. Ordinals count
   * all of them.
   */
  void forEachRow(RowVisitor to) {
    int at = 0;
    for (int i = group; i < block.groupCount() && mayHaveTrace(i); i++) {
      GroupColumns columns = i == group ? null : block.columns(i, ReadCost.NONE);
      TracePlaces places = columns == null ? rows().places : columns.places();
      BitSet without = columns == null ? hidden : hidden(columns);
      int found = columns == null ? trace : places.find(new TraceId(high(), low()));
      if (found < 0) {
        continue;
      }
      long[] ids = columns == null ? null : columns.raw(TraceBlockFormat.SPAN_IDS, columns.rows());
      Longs kinds = columns == null ? Longs.EMPTY : columns.longs(TraceBlockFormat.KINDS);
      for (int r = places.firstRow(found); r < places.endRow(found); r++, at++) {
        if (!without.get(r)) {
          to.row(
              ids == null ? rows().spanId(r) : ids[r],
              (ids == null ? rows().kind(r) : kinds.get(r)) >> 8,
              at);
        }
      }
    }
  }

  /**
   * Goes to the first row of the trace.
   *
   * @param without rows that are left out, by ordinal; null for none
   */
  void enter(@Nullable BitSet without) {
    high = high();
    low = low();
    dead = without;
    ordinal = -1;
    start = Long.MIN_VALUE;
    beginPart();
    advance();
  }

  private void beginPart() {
    rows().enter(trace);
    row = rows().places.firstRow(trace) - 1;
    end = rows().places.endRow(trace);
  }

  /** Whether a row of the trace that was entered is left; if not, the source is at the next one. */
  boolean hasRow() {
    return hasRow;
  }

  /** Goes to the next row that is kept. */
  void advance() {
    while (true) {
      row++;
      ordinal++;
      while (row >= end) {
        if (!nextPart() || !isAt(high, low)) {
          hasRow = false;
          return;
        }
        beginPart();
        row++;
      }
      if (!hidden.get(row) && (dead == null || !dead.get(ordinal))) {
        long next = rows().start(row);
        if (next < start) {
          throw new StorageException.Corrupt(block.container().name(), 0, "spans out of order");
        }
        start = next;
        if (next >= oldestNanos) {
          spanId = rows().spanId(row);
          kind = rows().kind(row) >> 8;
          hasRow = true;
          return;
        }
      }
    }
  }

  int row() {
    return row;
  }

  long start() {
    return start;
  }

  /** Whether the row comes before that of another source. */
  boolean isBefore(MergeSource other) {
    if (start != other.start) {
      return start < other.start;
    }
    int byId = Long.compareUnsigned(spanId, other.spanId);
    return byId != 0 ? byId < 0 : kind < other.kind;
  }
}
