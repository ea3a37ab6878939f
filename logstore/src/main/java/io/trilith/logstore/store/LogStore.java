package io.trilith.logstore.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.MustBeClosed;
import io.trilith.config.CacheConfig;
import io.trilith.logstore.EntryRule;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.head.BatchCodec;
import io.trilith.logstore.head.FreshBlock;
import io.trilith.logstore.head.LogHead;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.flush.Tenants;
import io.trilith.storage.log.Applied;
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
import io.trilith.storage.store.Fresh;
import io.trilith.storage.store.Rewrite;
import io.trilith.storage.store.SignalStore;
import io.trilith.storage.store.StoreBlocks;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The logs of all tenants. A batch goes to the log and into its tenant's head; heads become blocks;
 * queries see both as one. An entry that equals another of its stream in time, line and metadata is
 * there once. Thread-safe.
 */
public final class LogStore implements SignalStore, LogAppender {
  /** A tenant beyond its limit of streams gets a block a second at most. */
  private static final Duration HELD_BEFORE_ROOM = Duration.ofSeconds(1);

  private final Log wal;
  private final ObjectStore objects;
  private final HeadBudget budget;
  private final DataAge age;
  private final Supplier<BlockId> blockIds;
  private final Tenants<LogHead, Generations<LogHead>> tenants;
  private final Cache<BlockId, LogBlock> openBlocks;
  private final BlockLeases leases;
  private final HeadFlush writer = new HeadFlush();
  private final List<Applied<LogBatch>> applied = new CopyOnWriteArrayList<>();
  private volatile Function<TenantId, HiddenRows<EntryRule>> hidden = _ -> HiddenRows.none();

  public LogStore(
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
    this.blockIds = blockIds;
    this.tenants =
        new Tenants<>(
            Signal.LOGS,
            scope -> new Generations<>(scope, LogHead::new, writer, budget, clock, this::sequence),
            Function.identity());
    this.leases = new BlockLeases(objects);
    this.openBlocks =
        Caffeine.newBuilder()
            .maximumWeight(cache.indexSize().bytes())
            .weigher((BlockId id, LogBlock block) -> block.weight())
            .build();
  }

  private long sequence(long lastOffset) {
    return tenants.sequence(lastOffset);
  }

  private final class HeadFlush implements Generations.HeadWriter<LogHead> {
    @Override
    public BlockEntry write(CatalogState.Scope scope, LogHead head, long arrival, long sequence) {
      return writeBlock(scope, head, sequence);
    }

    @Override
    public void superseded(BlockEntry block) {
      openBlocks.invalidate(block.id());
      leases.retire(List.of(block));
    }
  }

  private BlockEntry writeBlock(CatalogState.Scope scope, LogHead head, long sequence) {
    BlockId id = blockIds.get();
    String name = BlockEntry.objectName(Signal.LOGS, scope.tenant(), id);
    try (ObjectOutput out = objects.create(name)) {
      LogBlockWriter.Written written = FreshBlock.write(out, head);
      out.commit();
      return new BlockEntry(
          id,
          scope.partition(),
          Signal.LOGS,
          scope.tenant(),
          written.minTime(),
          written.maxTime(),
          written.entries(),
          written.bytes(),
          0,
          sequence);
    }
  }

  @Override
  public Signal signal() {
    return Signal.LOGS;
  }

  @Override
  public AppendResult append(TenantId tenant, LogBatch batch) {
    budget.admit();
    DoorCheck door = door(tenant);
    LogBatch taken = door.filter(batch);
    if (taken.entries() > 0) {
      ByteBuffer record = BatchCodec.encode(taken);
      Log.Ticket ticket = tenants.of(tenant).append(wal, record, head -> head.add(taken));
      ticket.awaitDurable();
      told(Partition.LOCAL, ticket.offset(), tenant, taken);
    }
    return new AppendResult(taken.entries(), door.refused(), door.reason());
  }

  /** Refuses what a tenant's batch has no business in a log with; to be used for one batch. */
  public DoorCheck door(TenantId tenant) {
    return new DoorCheck(age, hidden.apply(tenant));
  }

  /** From now on somebody is told of what comes into heads. */
  public void onApplied(Applied<LogBatch> listener) {
    applied.add(listener);
  }

  private void told(Partition partition, long offset, TenantId tenant, LogBatch batch) {
    for (Applied<LogBatch> one : applied) {
      one.applied(partition, offset, tenant, batch);
    }
  }

  @Override
  public void makeRoomForStreams(TenantId tenant) {
    tenants.of(tenant).flushSoon(HELD_BEFORE_ROOM);
  }

  @Override
  public int activeStreams(TenantId tenant) {
    return tenants.growing(tenant).stream().mapToInt(LogHead::streamCount).sum();
  }

  @Override
  public boolean isActive(TenantId tenant, Labels stream) {
    return tenants.growing(tenant).stream().anyMatch(head -> head.has(stream));
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
    String name = "log record " + offset;
    LogBatch batch = BatchCodec.decode(new ByteReader(payload, name, 0), name);
    if (tenants.of(partition, tenant).replay(offset, head -> head.add(batch))) {
      told(partition, offset, tenant, batch);
    }
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

  @Override
  public Collection<? extends Flushable> heads() {
    return tenants.heads();
  }

  /** Streams in the heads of all tenants. */
  public long headStreams() {
    return tenants.sum(LogHead::streamCount);
  }

  /** A reader over what the tenant has now; to be closed. */
  @MustBeClosed
  public StreamReader reader(TenantId tenant) {
    return read(tenant, QuarantinedBlocks::whole);
  }

  /** As above, without the blocks set aside; its warnings name those of them it would have read. */
  @MustBeClosed
  public StreamReader reader(TenantId tenant, QuarantinedBlocks aside) {
    return read(tenant, aside::split);
  }

  private StreamReader read(
      TenantId tenant,
      Function<Generations.View<LogHead>, QuarantinedBlocks.Split<LogHead>> split) {
    BlockLeases.Lease lease = leases.open(tenant);
    try {
      HiddenRows<EntryRule> rows = hidden.apply(tenant);
      return new TenantReader(
          split.apply(tenants.view(tenant)), this::open, age.minNanos(), rows, lease);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  /** Readers that are open. */
  public int openReaders() {
    return leases.openCount();
  }

  /** From now on readers, merges and the door ask this for what is not to be seen or taken. */
  public void hide(Function<TenantId, HiddenRows<EntryRule>> rows) {
    hidden = rows;
  }

  HiddenRows<EntryRule> hidden(TenantId tenant) {
    return hidden.apply(tenant);
  }

  @Override
  public StoreBlocks mergeable() {
    return new StoreBlocks(tenants, leases, openBlocks::invalidate);
  }

  @Override
  public Rewrite rewrite() {
    return new LogMerge(this, objects);
  }

  @Override
  public Fresh fresh() {
    return Fresh.REWRITTEN;
  }

  private LogBlock open(BlockEntry block) {
    return openBlocks.get(block.id(), id -> LogBlock.open(objects, block.objectName()));
  }
}
