package io.trilith.tracestore.head;

import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanBatch;
import io.trilith.tracestore.SpanSize;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a tenant's recent spans, in memory, gathered by trace. Batches are added by one
 * thread at a time (the tenant's lock); queries run beside it and may see a part of a batch that is
 * being added.
 */
public final class TraceHead implements PartSource {
  private static final int TRACE_BYTES = 200;

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
