package io.trilith.tracestore;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The read side of one tenant's traces: heads and blocks as one. Times are nanoseconds since 1970,
 * both ends included, and may be any long. A trace is always whole: its parts outside of the range
 * and in other blocks belong to it. Thread-safe.
 */
public interface SpanReader extends AutoCloseable {
  /** Lets go of the blocks it reads. */
  @Override
  default void close() {}

  /**
   * What the answer lacks by now: a sentence for each block that is left out and would have been
   * read.
   */
  default List<String> warnings() {
    return List.of();
  }

  /**
   * A trace by its id, null when there is none.
   *
   * @param spansMax the most spans to collect; of a longer trace the rest is left out
   */
  default @Nullable Trace trace(TraceId id, int spansMax) {
    return trace(id, spansMax, ReadCost.NONE);
  }

  /** As above; what the trace needs is taken from the cost and stays taken. */
  @Nullable Trace trace(TraceId id, int spansMax, ReadCost cost);

  /**
   * Visits the traces of which a span overlaps the range, in order of id.
   *
   * @param spansMax the most spans to collect of one trace
   */
  default void scan(long minNanos, long maxNanos, int spansMax, Visitor visitor) {
    scan(minNanos, maxNanos, spansMax, ReadCost.NONE, visitor);
  }

  /**
   * As above; what a trace needs is taken from the cost and given back after its visit. Room for
   * the indexes that a visitor makes of it, some ten words per span, is in it.
   */
  void scan(long minNanos, long maxNanos, int spansMax, ReadCost cost, Visitor visitor);

  /**
   * Which traces to look at. Those without a span that overlaps the range are left out; of others
   * the answer may have some that do not pass, but none is missing that passes.
   *
   * @param filters at most 64
   * @param wanted whether a trace can be an answer that has spans which pass the filters of these
   *     bits; what it says yes to it says yes to with more bits too
   * @param spansMax the most spans to collect of one trace
   * @param minDurationNanos traces that last less are left out, if it is known of them
   * @param order by what {@link SelectVisitor#goesOn} is asked
   * @param first how many of the first ones in that order are likely to be enough; 0 to visit in
   *     order of id
   */
  record Selection(
      List<SpanFilter> filters,
      LongPredicate wanted,
      long minNanos,
      long maxNanos,
      long minDurationNanos,
      int spansMax,
      Order order,
      int first) {
    public Selection {
      filters = List.copyOf(filters);
    }

    /** Of any duration, in order of id. */
    public Selection(
        List<SpanFilter> filters,
        LongPredicate wanted,
        long minNanos,
        long maxNanos,
        int spansMax) {
      this(filters, wanted, minNanos, maxNanos, 0, spansMax, Order.NEWEST, 0);
    }
  }

  /** What traces are visited by, the greatest first. */
  enum Order {
    /** By start. */
    NEWEST,
    /** By duration. */
    SLOWEST
  }

  /** Visits the traces of a selection. What they need is charged as {@link #scan} does. */
  void select(Selection selection, ReadCost cost, SelectVisitor visitor);

  /** Takes traces one by one, and is asked now and then whether it wants older ones. */
  @FunctionalInterface
  interface SelectVisitor extends Visitor {
    /** Whether a trace can still be wanted whose start, or duration, is that or less. */
    default boolean goesOn(long key) {
      return true;
    }
  }

  /**
   * Spans by themselves.
   *
   * @param filter answered exactly
   * @param fields what is read of each; those that a span has at most one of
   * @param minNanos of the start, as is the other one
   */
  record RowSelection(
      SpanFilter filter, List<SpanField> fields, long minNanos, long maxNanos, int spansMax) {
    public RowSelection {
      fields = List.copyOf(fields);
    }
  }

  /**
   * Visits spans that pass a filter and start in a range, without making traces of them. Traces
   * whose parts are in several places, where a span may be there twice, are shown whole instead,
   * whether their spans pass or not.
   */
  void rows(RowSelection selection, ReadCost cost, Consumer<SpanRow> rows, Visitor sharedTraces);

  /**
   * Names of attributes that spans have where the range reaches. For suggestions: what is near the
   * range, or was overwritten, may be among them; some come several times.
   */
  void keys(long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to);

  /** Values of a field, as above. */
  void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to);

  /** Takes traces one by one. */
  @FunctionalInterface
  interface Visitor {
    /** Says whether to go on. */
    boolean visit(Trace trace);
  }
}
