package io.trilith.tracestore;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.trilith.config.CacheConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.flush.Tenants;
import io.trilith.storage.log.Log;
import io.trilith.storage.merge.BlockLeases;
import io.trilith.storage.merge.StoreBlocks;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.tracestore.block.ColumnCache;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.head.BatchCodec;
import io.trilith.tracestore.head.TraceHead;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Collection;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The traces of all tenants. A batch goes to the log and into its tenant's head; heads become
 * blocks; queries see both as one. A span that equals another of its trace in id and kind is there
 * once: the one written last. Thread-safe.
 */
public final class TraceStore implements TraceAppender {
  private final Log wal;
  private final ObjectStore objects;
  private final HeadBudget budget;
  private final DataAge age;
  private final Supplier<BlockId> blockIds;
  private final Tenants<TraceHead> tenants;
  private final Cache<BlockId, TraceBlock> openBlocks;
  private final ColumnCache columns;
  private final BlockLeases leases;
  private volatile Function<TenantId, HiddenRows<SpanRule>> hidden = _ -> HiddenRows.none();

  public TraceStore(
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
    this.tenants = new Tenants<>(Signal.TRACES, TraceHead::new, this::writeBlock, budget, clock);
    this.leases = new BlockLeases(objects);
    this.columns = new ColumnCache(cache.indexSize().bytes());
    this.openBlocks =
        Caffeine.newBuilder()
            .maximumWeight(cache.indexSize().bytes())
            .weigher((BlockId id, TraceBlock block) -> block.weight())
            .build();
  }

  private BlockEntry writeBlock(TenantId tenant, TraceHead head, long arrival, long sequence) {
    BlockId id = blockIds.get();
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.TRACES, tenant, id))) {
      TraceBlockWriter.Written written = TraceBlockWriter.write(out, head);
      out.commit();
      return new BlockEntry(
          id,
          Signal.TRACES,
          tenant,
          written.minTime(),
          written.maxTime(),
          written.spans(),
          written.bytes(),
          0,
          sequence);
    }
  }

  @Override
  public AppendResult append(TenantId tenant, SpanBatch batch) {
    budget.admit();
    long min = age.minNanos();
    long max = age.maxNanos();
    HiddenRows<SpanRule> rows = hidden.apply(tenant);
    long newestExpired = rows.newestExpired();
    SpanBatch kept = new SpanBatch();
    long refused = 0;
    String reason = "";
    for (Span span : batch.spans()) {
      boolean inRange = span.startNanos() >= min && span.startNanos() <= max;
      SpanRule expired = inRange ? expiredBy(rows, newestExpired, span) : null;
      if (inRange && expired == null) {
        kept.add(span);
      } else if (refused++ == 0) {
        long millis = Math.floorDiv(span.startNanos(), 1_000_000L);
        String why = expired == null ? age.reason(millis) : age.reason(millis, expired.source());
        reason = "trace " + span.traceId() + ": " + why;
      }
    }
    if (!kept.isEmpty()) {
      ByteBuffer record = BatchCodec.encode(kept);
      tenants.of(tenant).append(wal, record, head -> head.add(kept)).awaitDurable();
    }
    return new AppendResult(kept.spans().size(), refused, reason);
  }

  private static @Nullable SpanRule expiredBy(
      HiddenRows<SpanRule> rows, long newestExpired, Span span) {
    if (span.startNanos() > newestExpired) {
      return null;
    }
    for (SpanRule rule : rows.everywhere()) {
      if (rule.isExpired(span)) {
        return rule;
      }
    }
    return null;
  }

  /** Puts one record of the log, read at the start, into its head. */
  public void replay(long offset, TenantId tenant, ByteBuffer payload) {
    String name = "log record " + offset;
    SpanBatch batch = BatchCodec.decode(new ByteReader(payload, name, 0), name);
    tenants.of(tenant).replay(offset, head -> head.add(batch));
  }

  /**
   * Takes over which blocks are live. Called at the start and after each commit that is not a
   * flush.
   */
  public void blocksChanged(CatalogState state) {
    tenants.blocksChanged(state);
  }

  /** The heads of all tenants. */
  public Collection<? extends Flushable> heads() {
    return tenants.heads();
  }

  /** Traces in the heads of all tenants. */
  public long headTraces() {
    return tenants.sum(TraceHead::traceCount);
  }

  /** A reader over what the tenant has now; to be closed. */
  public SpanReader reader(TenantId tenant) {
    BlockLeases.Lease lease = leases.open(tenant);
    HiddenRows<SpanRule> rows = hidden.apply(tenant);
    return new TenantReader(tenants.view(tenant), this::open, age.minNanos(), rows, lease::close);
  }

  /** From now on readers, merges and the door ask this for what is not to be seen or taken. */
  public void hide(Function<TenantId, HiddenRows<SpanRule>> rows) {
    hidden = rows;
  }

  HiddenRows<SpanRule> hidden(TenantId tenant) {
    return hidden.apply(tenant);
  }

  /** The blocks as a merge sees them. */
  public StoreBlocks mergeable() {
    return new StoreBlocks(tenants::ids, tenants::of, leases, openBlocks::invalidate);
  }

  private TraceBlock open(BlockEntry block) {
    return openBlocks.get(block.id(), id -> TraceBlock.open(objects, block.objectName(), columns));
  }
}
