package io.trilith.tracestore;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.head.TraceHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers over one view of a tenant: its blocks and heads in order of writing. */
final class TenantReader implements SpanReader {
  /** What sorting spans and numbering their tree takes of each. */
  private static final int TREE_BYTES = 250;

  private final Generations.View<TraceHead> view;
  private final Function<BlockEntry, PartSource> open;
  private final long oldestNanos;

  TenantReader(
      Generations.View<TraceHead> view, Function<BlockEntry, PartSource> open, long oldestNanos) {
    this.view = view;
    this.open = open;
    this.oldestNanos = oldestNanos;
  }

  private List<PartSource> sources() {
    List<PartSource> sources = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.maxTime() >= oldestNanos) {
        sources.add(open.apply(block));
      }
    }
    sources.addAll(view.heads());
    return sources;
  }

  @Override
  public @Nullable Trace trace(TraceId id, int spansMax, ReadCost cost) {
    List<Span> spans = new ArrayList<>();
    for (PartSource source : sources()) {
      cost.check();
      if (spans.size() >= spansMax) {
        break;
      }
      spans.addAll(source.find(id, spansMax - spans.size(), cost));
    }
    cost.take((long) TREE_BYTES * spans.size());
    return whole(id, spans);
  }

  private @Nullable Trace whole(TraceId id, List<Span> spans) {
    spans.removeIf(span -> span.startNanos() < oldestNanos);
    return spans.isEmpty() ? null : Trace.of(id, spans);
  }

  /** A source's cursor at a part. */
  private record At(int source, PartSource.Cursor cursor) {
    static final Comparator<At> ORDER =
        Comparator.comparing((At at) -> at.cursor.traceId()).thenComparingInt(At::source);
  }

  /** A source that has nothing in the range is walked too: parts of the traces may be in it. */
  @Override
  public void scan(long minNanos, long maxNanos, int spansMax, ReadCost cost, Visitor visitor) {
    boolean any = !view.heads().isEmpty();
    for (BlockEntry block : view.blocks()) {
      any |= block.minTime() <= maxNanos && block.maxTime() >= minNanos;
    }
    if (!any) {
      return;
    }
    PriorityQueue<At> queue = new PriorityQueue<>(At.ORDER);
    List<PartSource> sources = sources();
    for (int i = 0; i < sources.size(); i++) {
      PartSource.Cursor cursor = sources.get(i).parts(cost);
      if (cursor.next()) {
        queue.add(new At(i, cursor));
      }
    }
    Scope scope = new Scope(minNanos, maxNanos, spansMax, cost);
    List<At> parts = new ArrayList<>();
    for (At first = queue.poll(); first != null; first = queue.poll()) {
      cost.check();
      parts.clear();
      parts.add(first);
      TraceId id = first.cursor.traceId();
      for (At next = queue.peek();
          next != null && next.cursor.traceId().equals(id);
          next = queue.peek()) {
        parts.add(next);
        queue.poll();
      }
      Collector collector = new Collector(id, scope);
      Trace trace = collector.collect(parts, queue);
      boolean more = trace == null || visitor.visit(trace);
      cost.giveBack(collector.taken);
      if (!more) {
        return;
      }
    }
  }

  /** What a scan is after, and at which cost. */
  private record Scope(long minNanos, long maxNanos, int spansMax, ReadCost cost) {}

  /** Gathers one trace from the cursors that stand on it and moves them behind it. */
  private final class Collector {
    private final TraceId id;
    private final Scope scope;
    private final List<Span> spans = new ArrayList<>();
    private boolean overlaps;
    private boolean skipped;
    private long taken;

    Collector(TraceId id, Scope scope) {
      this.id = id;
      this.scope = scope;
    }

    private void take(long bytes) {
      scope.cost.take(bytes);
      taken += bytes;
    }

    @Nullable Trace collect(List<At> parts, PriorityQueue<At> queue) {
      for (At part : parts) {
        overlaps |= overlaps(part.cursor);
      }
      for (At part : parts) {
        if (walk(part.cursor)) {
          queue.add(part);
        }
      }
      if (!overlaps) {
        return null;
      }
      // A part that continues in another row group may be the first one found to overlap.
      if (skipped) {
        return trace(id, scope.spansMax, new Taking());
      }
      take((long) TREE_BYTES * spans.size());
      return whole(id, spans);
    }

    private boolean overlaps(PartSource.Cursor cursor) {
      return cursor.minNanos() <= scope.maxNanos && cursor.maxNanos() >= scope.minNanos;
    }

    /** Says whether the cursor has more behind the trace. */
    private boolean walk(PartSource.Cursor cursor) {
      do {
        overlaps |= overlaps(cursor);
        if (!overlaps) {
          skipped = true;
        } else if (!skipped && spans.size() < scope.spansMax) {
          int room = scope.spansMax - spans.size();
          take(cursor.spanBytes(room));
          cursor.addSpans(spans, room);
        }
        if (!cursor.next()) {
          return false;
        }
      } while (cursor.traceId().equals(id));
      return true;
    }

    /** Counts what a look-up takes for this trace. */
    private final class Taking implements ReadCost {
      @Override
      public void check() {
        scope.cost.check();
      }

      @Override
      public void take(long bytes) {
        Collector.this.take(bytes);
      }

      @Override
      public void giveBack(long bytes) {
        scope.cost.giveBack(bytes);
        taken -= bytes;
      }
    }
  }
}
