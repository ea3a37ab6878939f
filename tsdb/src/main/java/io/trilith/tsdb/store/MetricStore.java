package io.trilith.tsdb.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.MustBeClosed;
import io.trilith.config.CacheConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.flush.Tenants;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.storage.store.BlockLeases;
import io.trilith.storage.store.Rewrite;
import io.trilith.storage.store.SignalStore;
import io.trilith.storage.store.StoreBlocks;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesLimits;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesRule;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.head.HeadSequence;
import io.trilith.tsdb.head.MetricHead;
import io.trilith.tsdb.head.PagePool;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics of all tenants. A batch goes to the log and into its tenant's head; heads become
 * blocks; queries see both as one. At equal timestamps of a series the later write wins, wherever
 * the earlier one is by then. Thread-safe.
 */
public final class MetricStore implements SignalStore, MetricAppender, NotedAppender {
  /** The part of the heads' memory that may stay with tenants to know their series again. */
  private static final int KEPT_REGISTRIES_PART = 3;

  private static final Logger log = LoggerFactory.getLogger(MetricStore.class);
  private static final long CARDINALITY_LOG_MILLIS = 60_000;

  /** The part of the heads' memory that flushed heads leave to the next ones. */
  private static final int KEPT_PAGES_PART = 8;

  private static final TenantMetrics.Appended NOTHING =
      new TenantMetrics.Appended(List.of(), new TooManySeries());

  private final Log wal;
  private final ObjectStore objects;
  private final HeadBudget budget;
  private final DataAge age;
  private final InstantSource clock;
  private final Supplier<BlockId> blockIds;
  private final Tenants<MetricHead, TenantMetrics> tenants =
      new Tenants<>(Signal.METRICS, this::newTenant, TenantMetrics::generations);
  private final AtomicLong keptRegistries = new AtomicLong();
  private final Cache<BlockId, MetricBlock> openBlocks;
  private final AtomicLong cardinalityLogged = new AtomicLong(Long.MIN_VALUE / 2);
  private final BlockLeases leases;
  private final HeadFlush writer = new HeadFlush();
  private final PagePool pages;
  private volatile Function<TenantId, HiddenRows<SeriesRule>> hidden = _ -> HiddenRows.none();
  private volatile boolean aggregates;
  private volatile List<Duration> resolutions = List.of();
  private volatile Function<TenantId, SeriesLimits> seriesLimits = _ -> SeriesLimits.NONE;

  public MetricStore(
      Log wal,
      ObjectStore objects,
      HeadBudget budget,
      DataAge age,
      CacheConfig cache,
      InstantSource clock,
      Supplier<BlockId> blockIds) {
    this.wal = wal;
    this.objects = objects;
    this.budget = budget;
    this.age = age;
    this.clock = clock;
    this.blockIds = blockIds;
    this.leases = new BlockLeases(objects);
    this.pages = new PagePool(budget.max() / KEPT_PAGES_PART);
    budget.countBeside(keptRegistries::get);
    this.openBlocks =
        Caffeine.newBuilder()
            .maximumWeight(cache.indexSize().bytes())
            .weigher((BlockId id, MetricBlock block) -> block.weight())
            .build();
  }

  private TenantMetrics newTenant(CatalogState.Scope scope) {
    HeadSequence heads =
        new HeadSequence(pages, keptRegistries, budget.max() / KEPT_REGISTRIES_PART, clock);
    return new TenantMetrics(
        new Generations<>(scope, heads, writer, budget, clock, tenants::sequence), heads);
  }

  private final class HeadFlush implements Generations.HeadWriter<MetricHead> {
    @Override
    public BlockEntry write(
        CatalogState.Scope scope, MetricHead head, long arrival, long sequence) {
      return writeBlock(scope, head, arrival, sequence);
    }

    @Override
    public void dropped(TenantId tenant, MetricHead head) {
      leases.retire(tenant, head::release);
    }

    @Override
    public void superseded(BlockEntry block) {
      openBlocks.invalidate(block.id());
      leases.retire(List.of(block));
    }
  }

  private BlockEntry writeBlock(
      CatalogState.Scope scope, MetricHead head, long arrival, long sequence) {
    BlockId id = blockIds.get();
    String name = BlockEntry.objectName(Signal.METRICS, scope.tenant(), id);
    try (ObjectOutput out = objects.create(name)) {
      BlockSummary written =
          MetricBlockWriter.write(out, head.cursor(), head.allExemplars(), head.metadata());
      out.commit();
      // Metadata alone lives as long as samples of its arrival would.
      boolean empty = written.samples() == 0;
      return new BlockEntry(
          id,
          scope.partition(),
          Signal.METRICS,
          scope.tenant(),
          empty ? arrival : written.minTime(),
          empty ? arrival : written.maxTime(),
          written.samples(),
          written.bytes(),
          0,
          sequence);
    }
  }

  @Override
  public Signal signal() {
    return Signal.METRICS;
  }

  @Override
  public AppendResult append(TenantId tenant, MetricBatch batch) {
    return append(tenant, batch, null);
  }

  @Override
  public AppendResult appendNoted(TenantId tenant, MetricBatch batch, byte[] note) {
    return append(tenant, batch, note);
  }

  private AppendResult append(TenantId tenant, MetricBatch batch, byte @Nullable [] note) {
    admit();
    DoorCheck door = door(tenant);
    door.filter(batch);
    SeriesLimits limits = seriesLimits.apply(tenant);
    TenantMetrics.Appended appended =
        batch.isEmpty()
            ? noteAlone(tenant, note)
            : tenants.of(tenant).append(wal, batch, note, limits);
    TooManySeries tooMany = appended.refused();
    return new AppendResult(
        batch.samples(),
        batch.histograms().size(),
        batch.exemplars().size(),
        new Refused(door.refused(), door.reason()),
        tooMany.ofTenant().items() == 0
            ? Refused.NONE
            : new Refused(
                tooMany.ofTenant().items(),
                tooMany(tenant, tooMany.ofTenant().first(), limits.perTenant())),
        tooMany.ofMetric().items() == 0
            ? Refused.NONE
            : new Refused(
                tooMany.ofMetric().items(),
                tooManyOfMetric(tenant, tooMany.ofMetric().first(), limits.perMetric())),
        appended.overwritten());
  }

  /** Refuses what a tenant's batch has no business in a log with; to be used for one batch. */
  public DoorCheck door(TenantId tenant) {
    return new DoorCheck(age, hidden.apply(tenant).everywhere());
  }

  /** A note without samples is no head's business: no block has to wait for it. */
  private TenantMetrics.Appended noteAlone(TenantId tenant, byte @Nullable [] note) {
    if (note != null) {
      ByteWriter record = new ByteWriter(note.length + 16);
      NotedRecord.begin(note, record);
      wal.append(Signal.METRICS, tenant, record.view()).awaitDurable();
    }
    return NOTHING;
  }

  /**
   * How many series each tenant may have in memory. Lower limits than before refuse new series and
   * leave those that are there.
   */
  public void limitSeries(Function<TenantId, SeriesLimits> limits) {
    seriesLimits = limits;
  }

  private static String tooMany(TenantId tenant, Labels series, int max) {
    return "series "
        + series
        + ": per-user series limit exceeded: tenant '"
        + tenant
        + "' has limits.max-global-series-per-user = "
        + max
        + " series in memory already (max_global_series_per_user); send fewer (fewer labels, fewer"
        + " values of a label), or raise it or memory.max";
  }

  private static String tooManyOfMetric(TenantId tenant, Labels series, int max) {
    return "series "
        + series
        + ": per-metric series limit exceeded: tenant '"
        + tenant
        + "' has limits.max-series-per-metric = "
        + max
        + " series of '"
        + series.get(Labels.NAME)
        + "' in memory already (max_global_series_per_metric); send fewer (fewer labels, fewer"
        + " values of a label), or raise it";
  }

  /** Active series by tenant: what the limits count. */
  public Map<TenantId, Integer> activeSeries() {
    Map<TenantId, Integer> active = new TreeMap<>();
    tenants
        .heads()
        .forEach(one -> active.merge(one.scope().tenant(), one.knownSeries(), Integer::sum));
    return active;
  }

  /** Active series of a tenant's metric that has the most. */
  public Map<TenantId, Integer> largestMetrics() {
    Map<TenantId, Integer> largest = new TreeMap<>();
    tenants
        .heads()
        .forEach(one -> largest.merge(one.scope().tenant(), one.largestMetric(), Integer::max));
    return largest;
  }

  private void admit() {
    try {
      budget.admit();
    } catch (LimitExceededException e) {
      long now = clock.millis();
      long last = cardinalityLogged.get();
      if (now - last >= CARDINALITY_LOG_MILLIS && cardinalityLogged.compareAndSet(last, now)) {
        logCardinality(e);
      }
      throw e;
    }
  }

  /** Names who fills the heads: the operator's first question. */
  private void logCardinality(LimitExceededException cause) {
    tenants.heads().stream()
        .max(Comparator.comparingLong(one -> one.headBytes() + one.sealedBytes()))
        .ifPresent(
            largest -> {
              List<MetricHead> heads = largest.generations().view().heads();
              Cardinality cardinality = heads.getLast().cardinality(3);
              log.warn(
                  "metrics refused: {}. Largest head: tenant={} series={} by metric {} by label {}"
                      + " values of names {}",
                  cause.getMessage(),
                  largest.scope().tenant(),
                  cardinality.series(),
                  cardinality.byMetric(),
                  cardinality.byLabel(),
                  cardinality.valuesByName());
            });
  }

  @Override
  public void replay(long offset, TenantId tenant, ByteBuffer payload) {
    replay(Partition.LOCAL, offset, tenant, payload);
  }

  /**
   * Puts one record of a partition, read in the order of its offsets, into its head, unless a block
   * has it.
   */
  public void replay(Partition partition, long offset, TenantId tenant, ByteBuffer payload) {
    tenants.of(partition, tenant).replay(offset, payload);
  }

  /**
   * Ends heads at a place in a partition.
   *
   * @param tenant one of them; of all without
   * @param end they cover what is below
   */
  public void cut(Partition partition, Optional<TenantId> tenant, long end) {
    tenants.cut(partition, tenant, end);
  }

  @Override
  public void blocksChanged(CatalogState state) {
    tenants.blocksChanged(state);
  }

  /** Readers that are open. */
  public int openReaders() {
    return leases.openCount();
  }

  /** From now on readers, merges and the door ask this for what is not to be seen or taken. */
  public void hide(Function<TenantId, HiddenRows<SeriesRule>> rows) {
    hidden = rows;
  }

  /**
   * Has merged blocks get aggregates, and readers read them. Called before the first merge.
   *
   * @param windows of the aggregates, up to two
   */
  public void downsample(List<Duration> windows) {
    resolutions = List.copyOf(windows);
    aggregates = !windows.isEmpty();
  }

  HiddenRows<SeriesRule> hidden(TenantId tenant) {
    return hidden.apply(tenant);
  }

  @Override
  public StoreBlocks mergeable() {
    return new StoreBlocks(tenants, leases, openBlocks::invalidate);
  }

  @Override
  public Rewrite rewrite() {
    return new MetricMerge(this, objects, resolutions);
  }

  @Override
  public Collection<? extends Flushable> heads() {
    return tenants.heads();
  }

  /** Series in the heads of all tenants. */
  public long headSeries() {
    return tenants.sum(MetricHead::seriesCount);
  }

  /** A reader over what the tenant has now; to be closed. */
  @MustBeClosed
  public SeriesReader reader(TenantId tenant) {
    return read(tenant, QuarantinedBlocks::whole);
  }

  /** As above, without the blocks set aside; its warnings name those of them it would have read. */
  @MustBeClosed
  public SeriesReader reader(TenantId tenant, QuarantinedBlocks aside) {
    return read(tenant, aside::split);
  }

  private SeriesReader read(
      TenantId tenant,
      Function<Generations.View<MetricHead>, QuarantinedBlocks.Split<MetricHead>> split) {
    BlockLeases.Lease lease = leases.open(tenant);
    try {
      HiddenRows<SeriesRule> rows = hidden.apply(tenant);
      return new TenantReader(
          split.apply(tenants.view(tenant)), this::open, age.minMillis(), rows, aggregates, lease);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private MetricBlock open(BlockEntry block) {
    return openBlocks.get(block.id(), id -> MetricBlock.open(objects, block.objectName()));
  }
}
