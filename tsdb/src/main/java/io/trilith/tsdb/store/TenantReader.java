package io.trilith.tsdb.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.LeftOut;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.memory.ChargedTexts;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.storage.store.BlockLeases;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesRule;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.head.MetricHead;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.SeriesSource;
import io.trilith.tsdb.index.TextSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Answers over one view of a tenant: its blocks and heads in order of writing. */
final class TenantReader implements SeriesReader {
  private static final int EXEMPLAR_BYTES = 100;

  private final Generations.View<MetricHead> view;
  private final Function<BlockEntry, SeriesSource> open;
  private final long oldestMillis;
  private final HiddenRows<SeriesRule> hidden;
  private final boolean aggregates;
  private final BlockLeases.Lease lease;
  private final LeftOut leftOut;

  TenantReader(
      QuarantinedBlocks.Split<MetricHead> split,
      Function<BlockEntry, SeriesSource> open,
      long oldestMillis,
      HiddenRows<SeriesRule> hidden,
      boolean aggregates,
      BlockLeases.Lease lease) {
    this.view = split.view();
    this.leftOut = split.leftOut();
    this.open = open;
    this.oldestMillis = oldestMillis;
    this.hidden = hidden;
    this.aggregates = aggregates;
    this.lease = lease;
  }

  @Override
  public List<String> warnings() {
    return leftOut.warnings();
  }

  private List<SeriesSource> sources(long min, long max) {
    leftOut.read(min, max);
    List<SeriesSource> sources = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.minTime() <= max && block.maxTime() >= min) {
        sources.add(source(block));
      }
    }
    for (MetricHead head : view.heads()) {
      sources.add(source(head));
    }
    return sources;
  }

  private SeriesSource source(BlockEntry block) {
    return without(hidden.of(block), open.apply(block));
  }

  private SeriesSource source(MetricHead head) {
    boolean expires = hidden.newestExpired() > Long.MIN_VALUE;
    return without(expires ? hidden.expiredIn(head.minTime()) : List.of(), head);
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
    return select(matchers, Detail.SAMPLES, minMillis, maxMillis, charge);
  }

  @Override
  public boolean hasAggregates() {
    return aggregates;
  }

  @Override
  public SeriesSet select(
      List<Matcher> matchers, Detail detail, long minMillis, long maxMillis, LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    if (detail.aggregate() == Detail.Aggregate.SAMPLES) {
      return select(List.of(matchers), from, maxMillis, charge);
    }
    leftOut.read(from, maxMillis);
    Set<BlockId> apart = aggregated();
    List<SeriesSelection> found = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (block.minTime() <= maxMillis && block.maxTime() >= from) {
        Detail enough = apart.contains(block.id()) ? detail : Detail.SAMPLES;
        found.add(source(block).select(matchers, enough, from, maxMillis));
      }
    }
    for (MetricHead head : view.heads()) {
      found.add(source(head).select(matchers, from, maxMillis));
    }
    return MergedSeries.of(found, oldestMillis, charge);
  }

  /**
   * Blocks whose aggregates are as good as their samples: no sample of theirs is hidden or has
   * expired, and none may be another's too.
   */
  private Set<BlockId> aggregated() {
    List<BlockEntry> byTime = new ArrayList<>(view.blocks());
    byTime.sort(Comparator.comparingLong(BlockEntry::minTime));
    long heads = Long.MAX_VALUE;
    for (MetricHead head : view.heads()) {
      heads = Math.min(heads, head.minTime());
    }
    Set<BlockId> found = new HashSet<>();
    long before = Long.MIN_VALUE;
    for (int i = 0; i < byTime.size(); i++) {
      BlockEntry block = byTime.get(i);
      long next = i + 1 < byTime.size() ? byTime.get(i + 1).minTime() : Long.MAX_VALUE;
      boolean alone = block.minTime() > before && block.maxTime() < Math.min(next, heads);
      if (alone && block.minTime() >= oldestMillis && hidden.of(block).isEmpty()) {
        found.add(block.id());
      }
      before = Math.max(before, block.maxTime());
    }
    return found;
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
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    SortedSet<String> names = new ChargedTexts(charge);
    for (SeriesSource source : sources(from, maxMillis)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelNames(selector, from, maxMillis, names);
      }
    }
    return names;
  }

  @Override
  public SortedSet<String> labelValues(
      String name,
      List<List<Matcher>> selectors,
      long minMillis,
      long maxMillis,
      LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    TextSet values = new TextSet(charge);
    for (SeriesSource source : sources(from, maxMillis)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.labelValues(name, selector, from, maxMillis, values);
      }
    }
    return values.sorted();
  }

  @Override
  public Map<Labels, List<Exemplar>> exemplars(
      List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
    long from = Math.max(minMillis, oldestMillis);
    Map<Labels, List<Exemplar>> found = new TreeMap<>();
    // Exemplars may lie outside of their block's samples by a little, so all blocks are asked.
    for (SeriesSource source : sources(Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (List<Matcher> selector : orEverything(selectors)) {
        source.exemplars(
            selector,
            from,
            maxMillis,
            (series, exemplar) -> {
              charge.accept(EXEMPLAR_BYTES + series.bytes() + exemplar.labels().bytes());
              found.computeIfAbsent(series, labels -> new ArrayList<>()).add(exemplar);
            });
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
