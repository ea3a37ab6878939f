package io.trilith.tracestore.head;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import io.trilith.tracestore.columns.AttributeShape;
import io.trilith.tracestore.columns.ColumnFilter;
import io.trilith.tracestore.columns.ColumnValues;
import io.trilith.tracestore.columns.SortedRows;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TraceColumns;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a tenant's recent spans, in columns in memory. Batches are added by one thread
 * at a time (the tenant's lock); a query that runs beside it sees those that were there when it
 * came.
 */
public final class TraceHead implements PartSource {
  private static final int SPAN_BYTES = 220;
  private static final int VALUE_BYTES = 32;
  private static final int PART_BYTES = 80;
  private static final int ROWS_PER_CHECK = 1 << 14;

  private final TraceColumns columns = new TraceColumns();

  /** Adds a batch and returns by how many bytes the head grew, roughly. */
  public long add(SpanBatch batch) {
    return columns.add(batch.columns());
  }

  public long spans() {
    return columns.size();
  }

  public int traceCount() {
    return columns.traces();
  }

  /** The spans as they go into a block. */
  public SortedRows sorted() {
    return columns.snapshot().sorted();
  }

  /** What the spans of rows take as objects, roughly. */
  private static long spanBytes(TraceColumns.Snapshot from, int first, int max) {
    SpanView view = from.view();
    AttributeShape[] shapes = view.shapes();
    int[] shapeOf = view.shapeNumbers(SpanView.Owner.SPAN);
    long bytes = 0;
    int left = max;
    for (int row = first; row >= 0 && left > 0; row = from.next(row)) {
      if (!from.isDead(row)) {
        left--;
        long parts = (long) view.endEvent(row) - view.firstEvent(row) + view.endLink(row);
        bytes += SPAN_BYTES + (long) VALUE_BYTES * shapes[shapeOf[row]].size();
        bytes += PART_BYTES * (parts - view.firstLink(row));
      }
    }
    return bytes;
  }

  private static void addSpans(TraceColumns.Snapshot from, int first, int max, List<Span> into) {
    int left = max;
    for (int row = first; row >= 0 && left > 0; row = from.next(row)) {
      if (!from.isDead(row)) {
        left--;
        into.add(from.view().span(row));
      }
    }
  }

  @Override
  public List<Span> find(TraceId id, int max, ReadCost cost) {
    List<Span> found = new ArrayList<>();
    int first = columns.find(id.high(), id.low());
    if (first >= 0) {
      TraceColumns.Snapshot snapshot = columns.snapshot();
      cost.take(spanBytes(snapshot, first, max));
      addSpans(snapshot, first, max, found);
    }
    return found;
  }

  /** Knows what it is a list of. */
  private static final class HeadList extends TraceList {
    private final TraceColumns.Snapshot of;
    private final int[] order;

    HeadList(TraceColumns.Snapshot of) {
      this.of = of;
      this.order = of.order();
    }

    int firstRow(int part) {
      return of.firstRow(order[part]);
    }
  }

  @Override
  public TraceList list(List<SpanFilter> filters, ReadCost cost) {
    TraceColumns.Snapshot snapshot = columns.snapshot();
    cost.check();
    cost.take((long) TraceList.ENTRY_BYTES * snapshot.traces());
    SpanView view = snapshot.view();
    int[] traceOf = snapshot.traceOf();
    long[] masks = new long[snapshot.traces()];
    ColumnFilter filter = new ColumnFilter(view);
    for (int i = 0; i < filters.size(); i++) {
      cost.check();
      BitSet rows = filter.rows(filters.get(i));
      snapshot.removeDead(rows);
      for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
        masks[traceOf[row]] |= 1L << i;
      }
    }
    TraceColumns.Snapshot.Bounds bounds = snapshot.bounds();
    long[] mins = bounds.mins();
    long[] maxs = bounds.maxs();
    HeadList list = new HeadList(snapshot);
    list.reserve(snapshot.traces());
    for (int trace : list.order) {
      int row = snapshot.firstRow(trace);
      list.add(
          view.traceHighs()[row], view.traceLows()[row], mins[trace], maxs[trace], masks[trace]);
    }
    return list;
  }

  @Override
  public Reader reader(ReadCost cost) {
    return new Reader() {
      @Override
      public long spanBytes(TraceList list, int part, int max) {
        HeadList own = (HeadList) list;
        return TraceHead.spanBytes(own.of, own.firstRow(part), max);
      }

      @Override
      public void addSpans(TraceList list, int part, int max, List<Span> into) {
        HeadList own = (HeadList) list;
        TraceHead.addSpans(own.of, own.firstRow(part), max, into);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void rows(
      TraceList list, BitSet without, RowQuery query, ReadCost cost, Consumer<SpanRow> to) {
    HeadList own = (HeadList) list;
    SpanView view = own.of.view();
    int[] traceOf = own.of.traceOf();
    BitSet left = new BitSet(own.of.traces());
    without.stream().forEach(part -> left.set(own.order[part]));
    cost.check();
    BitSet rows = new ColumnFilter(view).rows(query.filter());
    own.of.removeDead(rows);
    HeadRow at = new HeadRow(view, query.fields());
    long[] starts = view.starts();
    int visited = 0;
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      if (visited++ % ROWS_PER_CHECK == 0) {
        cost.check();
      }
      boolean inTime = starts[row] >= query.minNanos() && starts[row] <= query.maxNanos();
      if (inTime && !left.get(traceOf[row])) {
        at.row = row;
        to.accept(at);
      }
    }
  }

  private static final class HeadRow implements SpanRow {
    private final SpanView view;
    private final List<IntFunction<@Nullable AttributeValue>> values = new ArrayList<>();
    private int row;

    HeadRow(SpanView view, List<SpanField> fields) {
      this.view = view;
      ColumnValues columns = new ColumnValues(view);
      fields.forEach(field -> values.add(columns.of(field)));
    }

    @Override
    public TraceId traceId() {
      return new TraceId(view.traceHighs()[row], view.traceLows()[row]);
    }

    @Override
    public long startNanos() {
      return view.starts()[row];
    }

    @Override
    public long durationNanos() {
      return view.duration(row);
    }

    @Override
    public @Nullable AttributeValue value(int i) {
      return values.get(i).apply(row);
    }
  }

  /** The spans that overlap a range. */
  private static BitSet reached(SpanView view, long minNanos, long maxNanos) {
    BitSet rows = new BitSet(view.size());
    long[] starts = view.starts();
    for (int row = 0; row < view.size(); row++) {
      if (starts[row] <= maxNanos && starts[row] + view.duration(row) >= minNanos) {
        rows.set(row);
      }
    }
    return rows;
  }

  @Override
  public void keys(
      long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
    cost.check();
    SpanView view = columns.snapshot().view();
    BitSet resources = new BitSet();
    BitSet scopes = new BitSet();
    BitSet[] shapes = {new BitSet(), new BitSet(), new BitSet()};
    BitSet rows = reached(view, minNanos, maxNanos);
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      resources.set(view.resourceNumbers()[row]);
      scopes.set(view.scopeNumbers()[row]);
      shapes[0].set(view.shapeNumbers(SpanView.Owner.SPAN)[row]);
      for (int i = view.firstEvent(row); i < view.endEvent(row); i++) {
        shapes[1].set(view.shapeNumbers(SpanView.Owner.EVENT)[i]);
      }
      for (int i = view.firstLink(row); i < view.endLink(row); i++) {
        shapes[2].set(view.shapeNumbers(SpanView.Owner.LINK)[i]);
      }
    }
    resources.stream()
        .forEach(
            i -> keys(SpanField.Kind.RESOURCE_ATTRIBUTE, view.resources().get(i).attributes(), to));
    scopes.stream()
        .forEach(i -> keys(SpanField.Kind.SCOPE_ATTRIBUTE, view.scopes().get(i).attributes(), to));
    keys(SpanField.Kind.SPAN_ATTRIBUTE, view, shapes[0], to);
    keys(SpanField.Kind.EVENT_ATTRIBUTE, view, shapes[1], to);
    keys(SpanField.Kind.LINK_ATTRIBUTE, view, shapes[2], to);
  }

  private static void keys(
      SpanField.Kind kind, Attributes attributes, BiConsumer<SpanField.Kind, String> to) {
    for (int i = 0; i < attributes.size(); i++) {
      to.accept(kind, attributes.key(i));
    }
  }

  private static void keys(
      SpanField.Kind kind, SpanView view, BitSet shapes, BiConsumer<SpanField.Kind, String> to) {
    shapes.stream()
        .forEach(
            shape -> {
              for (String name : view.shapes()[shape].names()) {
                to.accept(kind, name);
              }
            });
  }

  @Override
  public void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to) {
    cost.check();
    SpanView view = columns.snapshot().view();
    new ColumnValues(view).distinct(field, reached(view, minNanos, maxNanos), to);
  }

  @Override
  public Cursor parts(ReadCost cost) {
    HeadList list = (HeadList) list(List.of(), cost);
    return new Cursor() {
      private int part = -1;

      @Override
      public boolean next() {
        part++;
        return part < list.size();
      }

      @Override
      public TraceId traceId() {
        return new TraceId(list.high(part), list.low(part));
      }

      @Override
      public long minNanos() {
        return list.minNanos(part);
      }

      @Override
      public long maxNanos() {
        return list.maxNanos(part);
      }

      @Override
      public long spanBytes(int max) {
        return TraceHead.spanBytes(list.of, list.firstRow(part), max);
      }

      @Override
      public void addSpans(List<Span> into, int max) {
        TraceHead.addSpans(list.of, list.firstRow(part), max, into);
      }
    };
  }
}
