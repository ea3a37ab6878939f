package io.trilith.tsdb;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.merge.BlockLeases;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.tsdb.head.MetricHead;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.SeriesSource;
import io.trilith.tsdb.index.TextSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Answers over one view of a tenant: its blocks and heads in order of writing. */
final class TenantReader implements SeriesReader {
  private final Generations.View<MetricHead> view;
  private final Function<BlockEntry, SeriesSource> open;
  private final long oldestMillis;
  private final HiddenRows<SeriesRule> hidden;
  private final BlockLeases.Lease lease;

  TenantReader(
      Generations.View<MetricHead> view,
      Function<BlockEntry, SeriesSource> open,
      long oldestMillis,
      HiddenRows<SeriesRule> hidden,
      BlockLeases.Lease lease) {
    this.view = view;
    this.open = open;
    this.oldestMillis = oldestMillis;
    this.hidden = hidden;
    this.lease = lease;
  }

  private List<SeriesSource> sources(long min, long max) {
    List<SeriesSource> sources = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.minTime() <= max && block.maxTime() >= min) {
        sources.add(without(hidden.of(block), open.apply(block)));
      }
    }
    for (MetricHead head : view.heads()) {
      boolean expires = hidden.newestExpired() > Long.MIN_VALUE;
      sources.add(without(expires ? hidden.expiredIn(head.minTime()) : List.of(), head));
    }
    return sources;
  }

  private static SeriesSource without(List<SeriesRule> rules, SeriesSource source) {
    return rules.isEmpty() ? source : new HidingSource(source, rules);
  }

  private static List<List<Matcher>> orEverything(List<List<Matcher>> selectors) {
    return selectors.isEmpty() ? List.of(List.of()) : selectors;
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    return select(List.of(matchers), from, maxMillis, charge);
  }

  @Override
  public List<Labels> series(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    MergedSeries found = select(orEverything(selectors), from, maxMillis, charge);
    Labels[] all = new Labels[found.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = found.labels(i);
      charge.accept(MergedSeries.bytes(all[i]));
    }
    return List.of(all);
  }

  /** The series that any of the selectors finds. */
  private MergedSeries select(
      Collection<List<Matcher>> selectors, long from, long to, LongConsumer charge) {
    List<SeriesSelection> found = new ArrayList<>();
    for (SeriesSource source : sources(from, to)) {
      for (List<Matcher> selector : selectors) {
        found.add(source.select(selector, from, to));
      }
    }
    return MergedSeries.of(found, oldestMillis, charge);
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    long from = Math.max(minMillis, oldestMillis);
    SortedSet<String> names = new TreeSet<>();
    for (SeriesSource source : sources(from, maxMillis)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelNames(selector, from, maxMillis, names);
      }
    }
    return names;
  }

  @Override
  public SortedSet<String> labelValues(
      String name, List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    long from = Math.max(minMillis, oldestMillis);
    TextSet values = new TextSet();
    for (SeriesSource source : sources(from, maxMillis)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelValues(name, selector, from, maxMillis, values);
      }
    }
    return values.sorted();
  }

  @Override
  public Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis) {
    long from = Math.max(minMillis, oldestMillis);
    Map<Labels, List<Exemplar>> found = new TreeMap<>();
    // Exemplars may lie outside of their block's samples by a little, so all blocks are asked.
    for (SeriesSource source : sources(Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.exemplars(
            selector,
            from,
            maxMillis,
            (series, exemplar) ->
                found.computeIfAbsent(series, labels -> new ArrayList<>()).add(exemplar));
      }
    }
    found.replaceAll(
        (series, list) ->
            list.stream()
                .distinct()
                .sorted(Comparator.comparingLong(Exemplar::timestamp))
                .toList());
    return found;
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    Map<String, MetricMetadata> all = new TreeMap<>();
    for (SeriesSource source : sources(Long.MIN_VALUE, Long.MAX_VALUE)) {
      all.putAll(source.metadata());
    }
    return all;
  }

  @Override
  public Cardinality cardinality(int limit) {
    return view.heads().isEmpty() ? Cardinality.NONE : view.heads().getLast().cardinality(limit);
  }

  @Override
  public void close() {
    lease.close();
  }
}
