package io.trilith.tsdb;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.MergePolicy;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.block.SeriesExemplar;
import io.trilith.tsdb.merge.MergedCursor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges neighbouring blocks of a tenant into one of the next level, see {@link MergePolicy}. The
 * merged block is written whole, then takes the place of its inputs by one commit; until then
 * nothing changes, and what a crash leaves is an object that no commit names. Samples that have
 * expired are left out. One merge at a time; an interrupt of the thread ends it.
 */
public final class MetricMerge {
  private static final Logger log = LoggerFactory.getLogger(MetricMerge.class);

  /** A tenant without a new block for so long is not waited for any more. */
  private static final Duration SETTLED = Duration.ofMinutes(10);

  /** Exemplars of a merged block at most; the newest writes stay. */
  private static final int EXEMPLARS_MAX = 100_000;

  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  private final MetricStore store;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final DataAge age;
  private final Supplier<BlockId> blockIds;
  private final InstantSource clock;
  private final Map<TenantId, Newest> newest = new HashMap<>();
  private final AtomicLong merges = new AtomicLong();

  /** Blocks that cannot be read: they and what a merge would need of them stay as they are. */
  private final Set<BlockId> damaged = new HashSet<>();

  /** A tenant's newest block, and when it was first seen. */
  private record Newest(BlockId block, Instant seen) {}

  public MetricMerge(
      MetricStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    this.store = store;
    this.catalog = catalog;
    this.objects = objects;
    this.age = age;
    this.blockIds = blockIds;
    this.clock = clock;
  }

  /** Merges all that is due, tenant by tenant, until done or interrupted. */
  public synchronized void run() {
    store.leases().deleteFree();
    newest.keySet().retainAll(store.tenantIds());
    for (TenantId tenant : store.tenantIds()) {
      run(tenant, isSettled(tenant));
    }
  }

  /** Merges all that can be, as if nothing new was to come. */
  public synchronized void compact() {
    for (TenantId tenant : store.tenantIds()) {
      run(tenant, true);
    }
    store.leases().deleteFree();
  }

  private void run(TenantId tenant, boolean settled) {
    while (!Thread.currentThread().isInterrupted()) {
      List<BlockEntry> inputs =
          MergePolicy.choose(store.blocks(tenant), damaged::contains, DAY_MILLIS, settled);
      if (inputs.isEmpty()) {
        return;
      }
      merge(tenant, inputs);
    }
  }

  private boolean isSettled(TenantId tenant) {
    List<BlockEntry> blocks = store.blocks(tenant);
    if (blocks.size() < 2) {
      return false;
    }
    BlockId last = blocks.getLast().id();
    Instant now = clock.instant();
    Newest known = newest.get(tenant);
    if (known == null || !known.block().equals(last)) {
      newest.put(tenant, new Newest(last, now));
      return false;
    }
    return !now.isBefore(known.seen().plus(SETTLED));
  }

  /** Merges that took the place of their inputs. */
  public long merges() {
    return merges.get();
  }

  private void merge(TenantId tenant, List<BlockEntry> inputs) {
    BlockId id = blockIds.get();
    BlockEntry merged = write(tenant, id, inputs);
    if (merged == null) {
      return;
    }
    try {
      catalog.commit(List.of(merged), inputs.stream().map(BlockEntry::id).toList(), List.of());
    } catch (StorageException.Conflict e) {
      // Retention took an input away meanwhile: what is left is merged another time.
      objects.delete(merged.objectName());
      store.blocksGone(tenant, catalog.state());
      return;
    }
    store.replaced(tenant, inputs, merged);
    merges.incrementAndGet();
    log.debug("merged blocks={} into={} bytes={}", inputs.size(), id, merged.bytes());
  }

  /** Writes the merged object; null when an input is damaged, which is remembered. */
  private @Nullable BlockEntry write(TenantId tenant, BlockId id, List<BlockEntry> inputs) {
    long oldest = age.minMillis();
    List<BlockCursor> cursors = new ArrayList<>();
    Collection<SeriesExemplar> exemplars = new LinkedHashSet<>();
    Map<String, MetricMetadata> metadata = new HashMap<>();
    BlockEntry reading = inputs.getFirst();
    try {
      for (BlockEntry input : inputs) {
        reading = input;
        MetricBlock block = MetricBlock.open(objects, input.objectName());
        cursors.add(block.cursor(oldest, Long.MAX_VALUE));
        metadata.putAll(block.metadata());
        for (SeriesExemplar one : block.exemplars()) {
          if (one.exemplar().timestamp() >= oldest) {
            exemplars.remove(one);
            exemplars.add(one);
          }
        }
      }
      List<SeriesExemplar> newest = List.copyOf(exemplars);
      newest = newest.subList(Math.max(0, newest.size() - EXEMPLARS_MAX), newest.size());
      return write(
          tenant, id, inputs, new Interruptible(new MergedCursor(cursors)), newest, metadata);
    } catch (StorageException.Corrupt e) {
      // A page may be damaged too, and the error names the object but not as an id: find it.
      damaged.add(damagedOne(inputs, reading, e).id());
      log.warn("a damaged block is left out of merges from now on: {}", e.getMessage());
      return null;
    }
  }

  private static BlockEntry damagedOne(
      List<BlockEntry> inputs, BlockEntry reading, StorageException.Corrupt e) {
    String message = String.valueOf(e.getMessage());
    for (BlockEntry input : inputs) {
      if (message.startsWith(input.objectName())) {
        return input;
      }
    }
    return reading;
  }

  private BlockEntry write(
      TenantId tenant,
      BlockId id,
      List<BlockEntry> inputs,
      SeriesCursor series,
      List<SeriesExemplar> exemplars,
      Map<String, MetricMetadata> metadata) {
    BlockSummary written;
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.METRICS, tenant, id))) {
      written = MetricBlockWriter.write(out, series, exemplars, metadata);
      out.commit();
    }
    long min = written.minTime();
    long max = written.maxTime();
    if (written.samples() == 0) {
      // Metadata alone lives as long as it would have.
      min = inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow();
      max = inputs.stream().mapToLong(BlockEntry::maxTime).max().orElseThrow();
    }
    return new BlockEntry(
        id,
        Signal.METRICS,
        tenant,
        min,
        max,
        written.samples(),
        written.bytes(),
        level(inputs),
        inputs.getLast().sequence());
  }

  /** One above the highest, unless only one input has that. */
  private static int level(List<BlockEntry> inputs) {
    int highest = inputs.stream().mapToInt(BlockEntry::level).max().orElseThrow();
    return inputs.stream().filter(block -> block.level() == highest).count() > 1
        ? highest + 1
        : highest;
  }

  /** Ends when the thread is interrupted: a merge is given up for a shutdown. */
  private record Interruptible(SeriesCursor series) implements SeriesCursor {
    @Override
    public boolean next() {
      if (Thread.currentThread().isInterrupted()) {
        throw new StorageException.Unavailable(
            "a merge was given up", new InterruptedException("the process is stopping"));
      }
      return series.next();
    }

    @Override
    public Labels labels() {
      return series.labels();
    }

    @Override
    public void read(SampleBuffer into) {
      series.read(into);
    }
  }
}
