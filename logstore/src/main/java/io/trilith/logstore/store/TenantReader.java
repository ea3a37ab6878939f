package io.trilith.logstore.store;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.EntryRule;
import io.trilith.logstore.Scan;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamSource;
import io.trilith.logstore.head.LogHead;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.LeftOut;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.memory.ChargedTexts;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.storage.store.BlockLeases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Answers over one view of a tenant: its blocks and heads in order of writing. */
final class TenantReader implements StreamReader {
  /** A stream's places in tables; its labels belong to its head or block. */
  private static final int STREAM_BYTES = 120;

  private static final int PAGE_BYTES = 8;

  private final Generations.View<LogHead> view;
  private final Function<BlockEntry, StreamSource> open;
  private final long oldestNanos;
  private final HiddenRows<EntryRule> hidden;
  private final BlockLeases.Lease lease;
  private final LeftOut leftOut;

  TenantReader(
      QuarantinedBlocks.Split<LogHead> split,
      Function<BlockEntry, StreamSource> open,
      long oldestNanos,
      HiddenRows<EntryRule> hidden,
      BlockLeases.Lease lease) {
    this.lease = lease;
    this.hidden = hidden;
    this.view = split.view();
    this.leftOut = split.leftOut();
    this.open = open;
    this.oldestNanos = oldestNanos;
  }

  @Override
  public void close() {
    lease.close();
  }

  @Override
  public List<String> warnings() {
    return leftOut.warnings();
  }

  private List<StreamSource> sources(long min, long max) {
    leftOut.read(min, max);
    List<StreamSource> sources = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.minTime() <= max && block.maxTime() >= min) {
        sources.add(without(hidden.of(block), open.apply(block)));
      }
    }
    for (LogHead head : view.heads()) {
      sources.add(without(hidden.everywhere(), head));
    }
    return sources;
  }

  private static StreamSource without(List<EntryRule> rules, StreamSource source) {
    return rules.isEmpty() ? source : new HidingSource(source, rules);
  }

  private static List<List<Matcher>> orEverything(List<List<Matcher>> selectors) {
    return selectors.isEmpty() ? List.of(List.of()) : selectors;
  }

  @Override
  public StreamSet select(
      List<Matcher> matchers, long minNanos, long maxNanos, LongConsumer charge) {
    long from = Math.max(minNanos, oldestNanos);
    Map<Labels, List<List<? extends PageRef>>> found = new TreeMap<>();
    for (StreamSource source : sources(from, maxNanos)) {
      source.select(
          matchers,
          from,
          maxNanos,
          (labels, pages) -> {
            List<List<? extends PageRef>> known = found.get(labels);
            if (known == null) {
              charge.accept(STREAM_BYTES);
              known = new ArrayList<>(2);
              found.put(labels, known);
            }
            charge.accept(PAGE_BYTES * (long) pages.size());
            known.add(pages);
          });
    }
    return new Selected(List.copyOf(found.keySet()), List.copyOf(found.values()), oldestNanos);
  }

  /** Streams by labels, each with its pages by source. */
  private record Selected(
      List<Labels> streams, List<List<List<? extends PageRef>>> pages, long oldestNanos)
      implements StreamSet {
    @Override
    public int size() {
      return streams.size();
    }

    @Override
    public Labels labels(int stream) {
      return streams.get(stream);
    }

    @Override
    public EntryCursor entries(
        int stream, long minNanos, long maxNanos, Direction direction, Scan scan) {
      return new MergeCursor(
          pages.get(stream),
          Math.max(minNanos, oldestNanos),
          maxNanos,
          direction,
          new PageScan(scan));
    }

    @Override
    public void count(int stream, long[] bounds, long[] entries, long[] bytes, Scan scan) {
      new PageCounter(pages.get(stream), oldestNanos, bounds, entries, bytes, scan).run();
    }
  }

  @Override
  public List<Labels> streams(
      List<List<Matcher>> selectors, long minNanos, long maxNanos, LongConsumer charge) {
    long from = Math.max(minNanos, oldestNanos);
    SortedSet<Labels> found = new TreeSet<>();
    for (StreamSource source : sources(from, maxNanos)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.select(
            selector,
            from,
            maxNanos,
            (labels, pages) -> {
              if (found.add(labels)) {
                charge.accept(STREAM_BYTES);
              }
            });
      }
    }
    return List.copyOf(found);
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minNanos, long maxNanos, LongConsumer charge) {
    long from = Math.max(minNanos, oldestNanos);
    SortedSet<String> names = new ChargedTexts(charge);
    for (StreamSource source : sources(from, maxNanos)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelNames(selector, from, maxNanos, names);
      }
    }
    return names;
  }

  @Override
  public SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minNanos,
      long maxNanos,
      LongConsumer charge) {
    long from = Math.max(minNanos, oldestNanos);
    SortedSet<String> values = new ChargedTexts(charge);
    for (StreamSource source : sources(from, maxNanos)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelValues(name, selector, from, maxNanos, values);
      }
    }
    return values;
  }

  @Override
  public Volume volume(List<Matcher> matchers, long minNanos, long maxNanos, LongConsumer charge) {
    long from = Math.max(minNanos, oldestNanos);
    SortedSet<Labels> streams = new TreeSet<>();
    long[] sums = new long[3];
    for (StreamSource source : sources(from, maxNanos)) {
      source.select(
          matchers,
          from,
          maxNanos,
          (labels, pages) -> {
            if (streams.add(labels)) {
              charge.accept(STREAM_BYTES);
            }
            for (PageRef page : pages) {
              if (page.minTime() <= maxNanos && page.maxTime() >= from) {
                sums[0]++;
                sums[1] += page.count();
                sums[2] += page.lineBytes();
              }
            }
          });
    }
    return new Volume(streams.size(), sums[0], sums[1], sums[2]);
  }
}
