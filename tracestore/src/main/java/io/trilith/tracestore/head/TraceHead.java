package io.trilith.tracestore.head;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanBatch;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.SpanSize;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a tenant's recent spans, in memory, gathered by trace. Batches are added by one
 * thread at a time (the tenant's lock); queries run beside it and may see a part of a batch that is
 * being added.
 */
public final class TraceHead implements PartSource {
  private static final int TRACE_BYTES = 200;

  private static final int TRACES_PER_CHECK = 256;

  /** So many spans are compared each with each. */
  private static final int FEW = 16;

  /** What a query adds to a span that is here anyway. */
  private static final int REFERENCE_BYTES = 8;

  private final ConcurrentSkipListMap<TraceId, Part> traces = new ConcurrentSkipListMap<>();
  private final AtomicLong spanCount = new AtomicLong();

  /** The spans of one trace. Thread-safe. */
  private static final class Part {
    private final List<Span> spans = new ArrayList<>(4);
    private long minNanos = Long.MAX_VALUE;
    private long maxNanos = Long.MIN_VALUE;

    synchronized void add(Span span) {
      spans.add(span);
      minNanos = Math.min(minNanos, span.startNanos());
      maxNanos = Math.max(maxNanos, span.endNanos());
    }

    synchronized long minNanos() {
      return minNanos;
    }

    synchronized long maxNanos() {
      return maxNanos;
    }

    synchronized int size() {
      return spans.size();
    }

    synchronized List<Span> snapshot() {
      return List.copyOf(spans);
    }

    synchronized void addTo(List<Span> into, int max) {
      into.addAll(spans.subList(0, Math.min(spans.size(), max)));
    }
  }

  /** Adds a batch and returns by how many bytes the head grew, roughly. */
  @SuppressWarnings("ReferenceEquality") // an estimate: the spans of one resource share the object
  public long add(SpanBatch batch) {
    long grown = 0;
    Span.@Nullable Resource last = null;
    for (Span span : batch.spans()) {
      Part part = traces.get(span.traceId());
      if (part == null) {
        part = new Part();
        part.add(span);
        traces.put(span.traceId(), part);
        grown += TRACE_BYTES;
      } else {
        part.add(span);
      }
      grown += SpanSize.of(span);
      if (span.resource() != last) {
        last = span.resource();
        grown += SpanSize.of(last.attributes());
      }
    }
    spanCount.addAndGet(batch.spans().size());
    return grown;
  }

  public long spans() {
    return spanCount.get();
  }

  public int traceCount() {
    return traces.size();
  }

  @Override
  public List<Span> find(TraceId id, int max, ReadCost cost) {
    List<Span> found = new ArrayList<>();
    Part part = traces.get(id);
    if (part != null) {
      cost.take((long) REFERENCE_BYTES * Math.min(max, part.size()));
      part.addTo(found, max);
    }
    return found;
  }

  @Override
  public TraceList list(List<SpanFilter> filters, ReadCost cost) {
    TraceList list = new TraceList();
    int visited = 0;
    for (Map.Entry<TraceId, Part> entry : traces.entrySet()) {
      if (visited++ % TRACES_PER_CHECK == 0) {
        cost.check();
        cost.take((long) TraceList.ENTRY_BYTES * TRACES_PER_CHECK);
      }
      long mask = 0;
      long min = Long.MAX_VALUE;
      long max = Long.MIN_VALUE;
      for (Span span : once(entry.getValue().snapshot())) {
        min = Math.min(min, span.startNanos());
        max = Math.max(max, span.endNanos());
        for (int i = 0; i < filters.size(); i++) {
          if ((mask & 1L << i) == 0 && filters.get(i).matches(span)) {
            mask |= 1L << i;
          }
        }
      }
      TraceId id = entry.getKey();
      list.add(id.high(), id.low(), min, max, mask);
    }
    return list;
  }

  @Override
  public Reader reader(ReadCost cost) {
    return new Reader() {
      private @Nullable Part part(TraceList list, int part) {
        return traces.get(new TraceId(list.high(part), list.low(part)));
      }

      @Override
      public long spanBytes(TraceList list, int part, int max) {
        Part found = part(list, part);
        return found == null ? 0 : (long) REFERENCE_BYTES * Math.min(max, found.size());
      }

      @Override
      public void addSpans(TraceList list, int part, int max, List<Span> into) {
        Part found = part(list, part);
        if (found != null) {
          found.addTo(into, max);
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void rows(
      TraceList list, BitSet without, RowQuery query, ReadCost cost, Consumer<SpanRow> to) {
    HeadRow row = new HeadRow(query.fields());
    for (int i = 0; i < list.size(); i++) {
      if (i % TRACES_PER_CHECK == 0) {
        cost.check();
      }
      boolean reached =
          list.minNanos(i) <= query.maxNanos() && list.maxNanos(i) >= query.minNanos();
      Part part =
          without.get(i) || !reached ? null : traces.get(new TraceId(list.high(i), list.low(i)));
      if (part == null) {
        continue;
      }
      for (Span span : once(part.snapshot())) {
        boolean inTime =
            span.startNanos() >= query.minNanos() && span.startNanos() <= query.maxNanos();
        if (inTime && query.filter().matches(span)) {
          row.span = span;
          to.accept(row);
        }
      }
    }
  }

  /** Takes the spans of parts that the range reaches. */
  private void visit(long minNanos, long maxNanos, ReadCost cost, Consumer<Span> to) {
    int visited = 0;
    for (Part part : traces.values()) {
      if (visited++ % TRACES_PER_CHECK == 0) {
        cost.check();
      }
      if (part.minNanos() <= maxNanos && part.maxNanos() >= minNanos) {
        part.snapshot().forEach(to);
      }
    }
  }

  private static void keys(
      SpanField.Kind kind, Attributes attributes, BiConsumer<SpanField.Kind, String> to) {
    for (int i = 0; i < attributes.size(); i++) {
      to.accept(kind, attributes.key(i));
    }
  }

  @Override
  public void keys(
      long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
    visit(
        minNanos,
        maxNanos,
        cost,
        span -> {
          keys(SpanField.Kind.RESOURCE_ATTRIBUTE, span.resource().attributes(), to);
          keys(SpanField.Kind.SPAN_ATTRIBUTE, span.attributes(), to);
          keys(SpanField.Kind.SCOPE_ATTRIBUTE, span.scope().attributes(), to);
          span.events().forEach(e -> keys(SpanField.Kind.EVENT_ATTRIBUTE, e.attributes(), to));
          span.links().forEach(l -> keys(SpanField.Kind.LINK_ATTRIBUTE, l.attributes(), to));
        });
  }

  @Override
  public void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to) {
    HeadRow row = new HeadRow(List.of(field));
    visit(
        minNanos,
        maxNanos,
        cost,
        span -> {
          row.span = span;
          switch (field.kind()) {
            case EVENT_ATTRIBUTE ->
                span.events().forEach(event -> one(event.attributes().find(field.key()), to));
            case LINK_ATTRIBUTE ->
                span.links().forEach(link -> one(link.attributes().find(field.key()), to));
            case EVENT_NAME ->
                span.events().forEach(event -> to.accept(new AttributeValue.Text(event.name())));
            default -> one(row.value(0), to);
          }
        });
  }

  private static void one(@Nullable AttributeValue value, Consumer<AttributeValue> to) {
    if (value != null) {
      to.accept(value);
    }
  }

  /** Without the earlier ones of spans that came twice. */
  private static List<Span> once(List<Span> spans) {
    boolean doubled = false;
    if (spans.size() <= FEW) {
      for (int i = 1; i < spans.size(); i++) {
        for (int k = 0; k < i; k++) {
          doubled |= spans.get(i).spanId() == spans.get(k).spanId();
        }
      }
    } else {
      Set<Long> ids = HashSet.newHashSet(spans.size());
      for (Span span : spans) {
        doubled |= !ids.add(span.spanId());
      }
    }
    return doubled ? Trace.of(spans.getFirst().traceId(), spans).spans() : spans;
  }

  private static final class HeadRow implements SpanRow {
    private final List<SpanField> fields;
    private @Nullable Span span;

    HeadRow(List<SpanField> fields) {
      this.fields = fields;
    }

    private Span span() {
      return Objects.requireNonNull(span);
    }

    @Override
    public TraceId traceId() {
      return span().traceId();
    }

    @Override
    public long startNanos() {
      return span().startNanos();
    }

    @Override
    public long durationNanos() {
      return span().durationNanos();
    }

    @Override
    public @Nullable AttributeValue value(int i) {
      SpanField field = fields.get(i);
      Span at = span();
      return switch (field.kind()) {
        case NAME -> new AttributeValue.Text(at.name());
        case KIND -> new AttributeValue.Int(at.kind());
        case STATUS -> new AttributeValue.Int(at.status().code());
        case STATUS_MESSAGE -> new AttributeValue.Text(at.status().message());
        case DURATION -> new AttributeValue.Int(at.durationNanos());
        case SCOPE_NAME -> new AttributeValue.Text(at.scope().name());
        case SCOPE_VERSION -> new AttributeValue.Text(at.scope().version());
        case SPAN_ATTRIBUTE -> at.attributes().find(field.key());
        case RESOURCE_ATTRIBUTE -> at.resource().attributes().find(field.key());
        case SCOPE_ATTRIBUTE -> at.scope().attributes().find(field.key());
        case EVENT_ATTRIBUTE, LINK_ATTRIBUTE, EVENT_NAME ->
            throw new IllegalArgumentException(field + " may be there several times");
      };
    }
  }

  @Override
  public Cursor parts(ReadCost cost) {
    Iterator<Map.Entry<TraceId, Part>> iterator = traces.entrySet().iterator();
    return new Cursor() {
      private Map.@Nullable Entry<TraceId, Part> current;

      private Map.Entry<TraceId, Part> current() {
        return Objects.requireNonNull(current);
      }

      @Override
      public boolean next() {
        boolean has = iterator.hasNext();
        current = has ? iterator.next() : null;
        return has;
      }

      @Override
      public TraceId traceId() {
        return current().getKey();
      }

      @Override
      public long minNanos() {
        return current().getValue().minNanos();
      }

      @Override
      public long maxNanos() {
        return current().getValue().maxNanos();
      }

      @Override
      public long spanBytes(int max) {
        return (long) REFERENCE_BYTES * Math.min(max, current().getValue().size());
      }

      @Override
      public void addSpans(List<Span> into, int max) {
        current().getValue().addTo(into, max);
      }
    };
  }
}
