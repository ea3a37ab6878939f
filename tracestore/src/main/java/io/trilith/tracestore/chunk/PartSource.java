package io.trilith.tracestore.chunk;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.TraceId;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A head or a block: parts of traces, to be walked in order of id. Thread-safe. */
public interface PartSource {
  /** A cursor before the first part. */
  default Cursor parts() {
    return parts(ReadCost.NONE);
  }

  /**
   * As above. What the cursor holds is taken from the cost, and given back when it goes on; at the
   * end of a query that ends early something is left.
   */
  Cursor parts(ReadCost cost);

  /** The spans of a trace, in order of writing; none when it is not here. */
  default List<Span> find(TraceId id) {
    return find(id, Integer.MAX_VALUE, ReadCost.NONE);
  }

  /** As above, the first ones; what they need stays taken. */
  List<Span> find(TraceId id, int max, ReadCost cost);

  /**
   * All parts, one trace may have several in a row; what the list takes stays taken. Times are
   * those of spans as they are, without what was overwritten here.
   *
   * @param filters at most 64; the masks say what passes
   */
  TraceList list(List<SpanFilter> filters, ReadCost cost);

  /** Reads parts of a list that this source made. */
  Reader reader(ReadCost cost);

  /**
   * Visits the spans that pass a filter and start in a range, those of some parts of a list left
   * out. A span that is here twice is visited once.
   */
  void rows(TraceList list, BitSet without, RowQuery query, ReadCost cost, Consumer<SpanRow> to);

  /** Names of attributes that spans have where the range reaches; some may be outside of it. */
  void keys(long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to);

  /** Values of a field, as above; some several times. */
  void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to);

  /** What rows are wanted, and fields that a span has one of each; both times are included. */
  record RowQuery(SpanFilter filter, List<SpanField> fields, long minNanos, long maxNanos) {}

  /** Confined to one thread. What it holds is taken from the cost until it is closed. */
  interface Reader extends AutoCloseable {
    /** Bytes that {@link #addSpans} is going to allocate, roughly. */
    long spanBytes(TraceList list, int part, int max);

    void addSpans(TraceList list, int part, int max, List<Span> into);

    @Override
    void close();
  }

  /**
   * Parts in ascending order of trace id; one trace may have several in a row. Confined to one
   * thread.
   */
  interface Cursor {
    boolean next();

    TraceId traceId();

    /** Earliest start of the part's spans. */
    long minNanos();

    /** Latest end of the part's spans. */
    long maxNanos();

    /** Bytes that {@link #addSpans} is going to allocate, roughly. */
    long spanBytes(int max);

    /** Adds the spans of the current part, in order of writing. */
    void addSpans(List<Span> into, int max);
  }
}
