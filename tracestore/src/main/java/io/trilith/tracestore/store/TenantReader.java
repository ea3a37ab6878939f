package io.trilith.tracestore.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.LeftOut;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import io.trilith.tracestore.head.TraceHead;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers over one view of a tenant: its blocks and heads in order of writing. */
final class TenantReader implements SpanReader {
  /** What sorting spans and numbering their tree takes of each. */
  private static final int TREE_BYTES = 250;

  /** Where the parts of a candidate are. */
  private static final int CANDIDATE_BYTES = 32;

  private final Generations.View<TraceHead> view;
  private final Function<BlockEntry, PartSource> open;
  private final long oldestNanos;
  private final HiddenRows<SpanRule> hidden;
  private final Runnable closed;
  private final LeftOut leftOut;

  TenantReader(
      QuarantinedBlocks.Split<TraceHead> split,
      Function<BlockEntry, PartSource> open,
      long oldestNanos,
      HiddenRows<SpanRule> hidden,
      Runnable closed) {
    this.view = split.view();
    this.leftOut = split.leftOut();
    this.open = open;
    // Parts whose start is not known have the least: they count as begun before.
    this.oldestNanos = Math.max(oldestNanos, Long.MIN_VALUE + 1);
    this.hidden = hidden;
    this.closed = closed;
  }

  @Override
  public void close() {
    closed.run();
  }

  @Override
  public List<String> warnings() {
    return leftOut.warnings();
  }

  /** What may have parts, in order of writing, and whether spans of the range are in it. */
  private record Source(PartSource parts, boolean inRange) {}

  private List<Source> sources(long minNanos, long maxNanos) {
    // A trace is whole only with its parts out of the range.
    leftOut.read(oldestNanos, Long.MAX_VALUE);
    List<Source> sources = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.maxTime() >= oldestNanos) {
        boolean inRange = block.minTime() <= maxNanos && block.maxTime() >= minNanos;
        sources.add(new Source(without(hidden.of(block), open.apply(block)), inRange));
      }
    }
    for (TraceHead head : view.heads()) {
      sources.add(new Source(without(hidden.everywhere(), head), true));
    }
    return sources;
  }

  private static PartSource without(List<SpanRule> rules, PartSource source) {
    return rules.isEmpty() ? source : new HidingSource(source, rules);
  }

  @Override
  public @Nullable Trace trace(TraceId id, int spansMax, ReadCost cost) {
    List<Span> spans = new ArrayList<>();
    for (Source source : sources(Long.MIN_VALUE, Long.MAX_VALUE)) {
      cost.check();
      if (spans.size() >= spansMax) {
        break;
      }
      spans.addAll(source.parts().find(id, spansMax - spans.size(), cost));
    }
    cost.take((long) TREE_BYTES * spans.size());
    return whole(id, spans);
  }

  private @Nullable Trace whole(TraceId id, List<Span> spans) {
    spans.removeIf(span -> span.startNanos() < oldestNanos);
    return spans.isEmpty() ? null : Trace.of(id, spans);
  }

  @Override
  public void scan(long minNanos, long maxNanos, int spansMax, ReadCost cost, Visitor visitor) {
    select(
        new Selection(List.of(), _ -> true, minNanos, maxNanos, spansMax),
        cost,
        new SelectVisitor() {
          @Override
          public boolean goesOn(long key) {
            return true;
          }

          @Override
          public boolean visit(Trace trace) {
            return visitor.visit(trace);
          }
        });
  }

  @Override
  public void select(Selection selection, ReadCost cost, SelectVisitor visitor) {
    List<Source> sources = sources(selection.minNanos(), selection.maxNanos());
    if (sources.stream().noneMatch(Source::inRange)) {
      return;
    }
    Tally tally = new Tally(cost);
    Lists lists = Lists.read(sources, selection.filters(), tally);
    Candidates candidates = new Candidates();
    MergedParts merged = lists.merged();
    while (merged.next()) {
      if (merged.overlaps(selection.minNanos(), selection.maxNanos())
          && selection.wanted().test(merged.mask())
          && merged.longest() >= selection.minDurationNanos()) {
        boolean slowest = selection.order() == Order.SLOWEST;
        candidates.add(slowest ? merged.longest() : latestStart(merged), merged);
      }
    }
    tally.take((long) CANDIDATE_BYTES * candidates.size());
    try (PartReaders readers = lists.readers(tally)) {
      new Visit(selection, candidates, readers, tally, visitor).run();
    }
    tally.backTo(0);
  }

  /** When a trace starts at the latest: what expired or was overwritten counts no more. */
  private long latestStart(MergedParts trace) {
    return trace.start() < oldestNanos ? Long.MAX_VALUE : trace.lastStart();
  }

  @Override
  public void rows(
      RowSelection selection, ReadCost cost, Consumer<SpanRow> rows, Visitor sharedTraces) {
    List<Source> sources = sources(selection.minNanos(), selection.maxNanos());
    Tally tally = new Tally(cost);
    Lists lists = Lists.read(sources, List.of(), tally);
    Candidates shared = new Candidates();
    List<BitSet> without = new ArrayList<>();
    sources.forEach(_ -> without.add(new BitSet()));
    MergedParts merged = lists.merged();
    while (merged.next()) {
      if (merged.isShared()) {
        for (int i = 0; i < merged.count(); i++) {
          without.get(merged.source(i)).set(merged.part(i));
        }
        if (merged.overlaps(selection.minNanos(), selection.maxNanos())) {
          shared.add(0, merged);
        }
      }
    }
    tally.take((long) CANDIDATE_BYTES * shared.size());
    PartSource.RowQuery query =
        new PartSource.RowQuery(
            selection.filter(),
            selection.fields(),
            Math.max(oldestNanos, selection.minNanos()),
            selection.maxNanos());
    for (int i = 0; i < sources.size(); i++) {
      if (!sources.get(i).inRange()) {
        continue; // its traces were looked at: a newer version of a span may be there
      }
      sources.get(i).parts().rows(lists.lists().get(i), without.get(i), query, tally, rows);
    }
    try (PartReaders readers = lists.readers(tally)) {
      Selection all =
          new Selection(
              List.of(),
              _ -> true,
              selection.minNanos(),
              selection.maxNanos(),
              selection.spansMax());
      new Visit(all, shared, readers, tally, sharedTraces::visit).run();
    }
    tally.backTo(0);
  }

  @Override
  public void keys(
      long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
    for (Source source : sources(minNanos, maxNanos)) {
      if (source.inRange()) {
        source.parts().keys(Math.max(minNanos, oldestNanos), maxNanos, cost, to);
      }
    }
  }

  @Override
  public void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to) {
    for (Source source : sources(minNanos, maxNanos)) {
      if (source.inRange()) {
        source.parts().values(field, Math.max(minNanos, oldestNanos), maxNanos, cost, to);
      }
    }
  }

  /** What the sources have. */
  private record Lists(List<PartSource> sources, List<TraceList> lists, List<Source> of) {
    static Lists read(List<Source> sources, List<SpanFilter> filters, ReadCost cost) {
      List<TraceList> lists = new ArrayList<>();
      for (Source source : sources) {
        cost.check();
        lists.add(source.parts().list(source.inRange() ? filters : List.of(), cost));
      }
      return new Lists(sources.stream().map(Source::parts).toList(), lists, sources);
    }

    /** Of sources outside of the range it is not known what passes: anything may. */
    MergedParts merged() {
      long[] masks = of.stream().mapToLong(source -> source.inRange() ? 0 : -1L).toArray();
      return new MergedParts(lists, masks);
    }

    PartReaders readers(Tally cost) {
      return new PartReaders(sources, lists, cost);
    }
  }

  /** Gathers candidates and shows them. */
  private final class Visit {
    private final Selection selection;
    private final Candidates candidates;
    private final PartReaders readers;
    private final Tally cost;
    private final SelectVisitor visitor;

    Visit(
        Selection selection,
        Candidates candidates,
        PartReaders readers,
        Tally cost,
        SelectVisitor visitor) {
      this.selection = selection;
      this.candidates = candidates;
      this.readers = readers;
      this.cost = cost;
      this.visitor = visitor;
    }

    /**
     * By id, or in runs of which each is older, or shorter, than the one before and has twice as
     * many; inside of a run by id too, so that neighbours are read together.
     */
    void run() {
      if (selection.first() <= 0 || candidates.size() <= selection.first()) {
        boolean _ = run(Long.MIN_VALUE, Long.MAX_VALUE);
        return;
      }
      long[] keys = candidates.sortedKeys();
      int end = keys.length;
      long length = selection.first();
      while (end > 0 && visitor.goesOn(keys[end - 1])) {
        int from = (int) Math.max(0, end - length);
        while (from > 0 && keys[from - 1] == keys[from]) {
          from--;
        }
        if (!run(keys[from], keys[end - 1])) {
          return;
        }
        end = from;
        length *= 2;
      }
    }

    /** Visits those whose keys are between the two, both included. */
    private boolean run(long minKey, long maxKey) {
      for (int i = 0; i < candidates.size(); i++) {
        if (candidates.key(i) >= minKey && candidates.key(i) <= maxKey && !visit(i)) {
          return false;
        }
      }
      return true;
    }

    private boolean visit(int candidate) {
      cost.check();
      List<Span> spans = new ArrayList<>();
      long taken = 0;
      for (int at = candidates.first(candidate); at < candidates.end(candidate); at++) {
        int room = selection.spansMax() - spans.size();
        if (room > 0) {
          taken += readers.addSpans(candidates.source(at), candidates.part(at), room, spans);
        }
      }
      boolean cut = spans.size() >= selection.spansMax();
      long tree = (long) TREE_BYTES * spans.size();
      cost.take(tree);
      spans.removeIf(span -> span.startNanos() < oldestNanos);
      boolean more = true;
      if (!spans.isEmpty()) {
        Trace trace = Trace.of(spans.getFirst().traceId(), spans);
        more = !(cut || overlaps(trace.spans())) || visitor.visit(trace);
      }
      cost.giveBack(taken + tree);
      return more;
    }

    private boolean overlaps(List<Span> spans) {
      for (Span span : spans) {
        if (span.startNanos() <= selection.maxNanos() && span.lastNanos() >= selection.minNanos()) {
          return true;
        }
      }
      return false;
    }
  }
}
