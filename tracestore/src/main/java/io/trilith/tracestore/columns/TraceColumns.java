package io.trilith.tracestore.columns;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Spans in columns, found by trace, and which of them was overwritten by a later one of the same
 * trace, id and kind. Thread-safe; those who write come one at a time.
 */
public final class TraceColumns {
  private static final int SPAN_BYTES = 16;
  private static final int TRACE_BYTES = 32;

  private final ReentrantLock lock = new ReentrantLock();
  private final SpanColumns columns = new SpanColumns();

  /** Traces by id and spans by trace, id and kind: numbers plus 1 in open tables. */
  private int[] traceSlots = new int[256];

  private int[] spanSlots = new int[1024];

  // Of traces in order of appearance.
  private final IntList firstRows = new IntList();
  private final IntList lastRows = new IntList();

  // Of rows: the trace, and the row of the trace that comes next, 0 for none.
  private final IntList traceOf = new IntList();
  private final IntList next = new IntList();

  // Rows that were overwritten, each with the one that did.
  private final IntList overwritten = new IntList();
  private final IntList overwriting = new IntList();

  private @Nullable Snapshot last;

  /** Adds spans and returns by how many bytes they grew, roughly. */
  public long add(SpanColumns batch) {
    lock.lock();
    try {
      long before = bytes();
      SpanCopy copy = new SpanCopy(columns, batch);
      for (int row = 0; row < batch.size(); row++) {
        copy.span(row);
        index(columns.size() - 1);
      }
      return bytes() - before;
    } finally {
      lock.unlock();
    }
  }

  private long bytes() {
    return columns.bytes()
        + (long) SPAN_BYTES * columns.size()
        + (long) TRACE_BYTES * firstRows.size();
  }

  private void index(int row) {
    long high = columns.traceHigh(row);
    long low = columns.traceLow(row);
    int slot = traceSlot(high, low);
    int trace = traceSlots[slot] - 1;
    next.add(0);
    if (trace < 0) {
      trace = firstRows.size();
      traceSlots[slot] = trace + 1;
      firstRows.add(row);
      lastRows.add(row);
      if (firstRows.size() * 2 > traceSlots.length) {
        growTraces();
      }
    } else {
      next.set(lastRows.get(trace), row);
      lastRows.set(trace, row);
    }
    traceOf.add(trace);
    indexSpan(row, trace);
  }

  private int traceSlot(long high, long low) {
    int slot = (int) mix(high ^ mix(low)) & (traceSlots.length - 1);
    while (traceSlots[slot] != 0) {
      int row = firstRows.get(traceSlots[slot] - 1);
      if (columns.traceHigh(row) == high && columns.traceLow(row) == low) {
        return slot;
      }
      slot = (slot + 1) & (traceSlots.length - 1);
    }
    return slot;
  }

  private static long mix(long value) {
    long mixed = (value ^ value >>> 32) * 0x9e3779b97f4a7c15L;
    return mixed ^ mixed >>> 29;
  }

  private void growTraces() {
    traceSlots = new int[traceSlots.length * 2];
    for (int trace = 0; trace < firstRows.size(); trace++) {
      int row = firstRows.get(trace);
      traceSlots[traceSlot(columns.traceHigh(row), columns.traceLow(row))] = trace + 1;
    }
  }

  private void indexSpan(int row, int trace) {
    long id = columns.spanId(row);
    int kind = columns.kind(row);
    int slot = spanSlot(id, trace, kind);
    for (; spanSlots[slot] != 0; slot = (slot + 1) & (spanSlots.length - 1)) {
      int known = spanSlots[slot] - 1;
      if (columns.spanId(known) == id
          && traceOf.get(known) == trace
          && columns.kind(known) == kind) {
        overwritten.add(known);
        overwriting.add(row);
        break;
      }
    }
    spanSlots[slot] = row + 1;
    if (columns.size() * 2 > spanSlots.length) {
      growSpans();
    }
  }

  private int spanSlot(long id, int trace, int kind) {
    return (int) mix(id ^ mix((long) trace << 8 | kind)) & (spanSlots.length - 1);
  }

  private void growSpans() {
    int[] before = spanSlots;
    spanSlots = new int[before.length * 2];
    for (int entry : before) {
      if (entry != 0) {
        int row = entry - 1;
        int slot = spanSlot(columns.spanId(row), traceOf.get(row), columns.kind(row));
        while (spanSlots[slot] != 0) {
          slot = (slot + 1) & (spanSlots.length - 1);
        }
        spanSlots[slot] = entry;
      }
    }
  }

  /** Spans, those overwritten too. */
  public int size() {
    lock.lock();
    try {
      return columns.size();
    } finally {
      lock.unlock();
    }
  }

  public int traces() {
    lock.lock();
    try {
      return firstRows.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * First row of a trace in {@link #snapshot}s that are made later, negative when it is not here.
   */
  public int find(long high, long low) {
    lock.lock();
    try {
      int trace = traceSlots[traceSlot(high, low)] - 1;
      return trace < 0 ? -1 : firstRows.get(trace);
    } finally {
      lock.unlock();
    }
  }

  /** What is there now. */
  public Snapshot snapshot() {
    lock.lock();
    try {
      Snapshot known = last;
      if (known == null || known.view.size() != columns.size()) {
        known = new Snapshot(known);
        last = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /** Spans and traces as they were at a time. Arrays are not to be changed. Thread-safe. */
  public final class Snapshot {
    private final SpanView view = columns.view();
    private final int traces = firstRows.size();
    private final int[] first = firstRows.array();
    private final int[] trace = traceOf.array();
    private final int[] following = next.array();
    private final BitSet dead = new BitSet();
    private int[] order;
    private boolean ordered;
    private volatile @Nullable Bounds bounds;

    private Snapshot(@Nullable Snapshot before) {
      for (int i = 0; i < overwritten.size(); i++) {
        dead.set(overwritten.get(i));
      }
      order = before == null ? new int[0] : before.order;
    }

    public SpanView view() {
      return view;
    }

    public int traces() {
      return traces;
    }

    public int firstRow(int of) {
      return first[of];
    }

    /** The row of the same trace that comes next, negative for none. */
    public int next(int row) {
      int after = following[row];
      return after == 0 || after >= view.size() ? -1 : after;
    }

    /** The trace of each row, in order of appearance. */
    public int[] traceOf() {
      return trace;
    }

    /** Whether a later row is the same span. */
    public boolean isDead(int row) {
      return dead.get(row);
    }

    /** Removes rows of which a later one is the same span. */
    public void removeDead(BitSet rows) {
      rows.andNot(dead);
    }

    /** Earliest start and latest end of the spans of each trace that were not overwritten. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Bounds(long[] mins, long[] maxs) {}

    public Bounds bounds() {
      Bounds known = bounds;
      if (known == null) {
        known = new Bounds(new long[traces], new long[traces]);
        Arrays.fill(known.mins, Long.MAX_VALUE);
        Arrays.fill(known.maxs, Long.MIN_VALUE);
        long[] starts = view.starts();
        for (int row = 0; row < view.size(); row++) {
          if (!dead.get(row)) {
            int of = trace[row];
            known.mins[of] = Math.min(known.mins[of], starts[row]);
            known.maxs[of] = Math.max(known.maxs[of], starts[row] + view.duration(row));
          }
        }
        bounds = known;
      }
      return known;
    }

    /** The traces in order of id. */
    public int[] order() {
      lock.lock();
      try {
        if (!ordered) {
          int[] more = new int[traces - order.length];
          for (int i = 0; i < more.length; i++) {
            more[i] = order.length + i;
          }
          RowSort.sort(more, 0, more.length, this::isAfter);
          order = RowSort.merged(order, more, this::isAfter);
          ordered = true;
        }
        return order;
      } finally {
        lock.unlock();
      }
    }

    private boolean isAfter(int a, int b) {
      long[] high = view.traceHighs();
      long[] low = view.traceLows();
      int byHigh = Long.compareUnsigned(high[first[a]], high[first[b]]);
      return byHigh != 0 ? byHigh > 0 : Long.compareUnsigned(low[first[a]], low[first[b]]) > 0;
    }

    /** All spans that were not overwritten. */
    public SortedRows sorted() {
      int[] rows = new int[view.size() - dead.cardinality()];
      int size = 0;
      for (int at : order()) {
        int from = size;
        for (int row = first[at]; row >= 0; row = next(row)) {
          if (!dead.get(row)) {
            rows[size++] = row;
          }
        }
        RowSort.sort(rows, from, size, this::isLater);
      }
      return new SortedRows(view, rows);
    }

    private boolean isLater(int a, int b) {
      long[] starts = view.starts();
      if (starts[a] != starts[b]) {
        return starts[a] > starts[b];
      }
      int byId = Long.compareUnsigned(view.spanIds()[a], view.spanIds()[b]);
      return byId != 0 ? byId > 0 : view.kinds()[a] >> 8 > view.kinds()[b] >> 8;
    }
  }
}
