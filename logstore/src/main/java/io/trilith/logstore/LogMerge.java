package io.trilith.logstore;

import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.MergePolicy;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges neighbouring blocks of a tenant into one of the next level, see {@link MergePolicy}: small
 * pages become full ones, duplicates go, full pages that no other block has a say about are taken
 * over as they are. The merged block is written whole, then takes the place of its inputs by one
 * commit; what a crash leaves is an object that no commit names. Entries that have expired are left
 * out. One merge at a time; an interrupt of the thread ends it.
 */
public final class LogMerge {
  private static final Logger log = LoggerFactory.getLogger(LogMerge.class);
  private static final long DAY_NANOS = Duration.ofDays(1).toNanos();

  private final LogStore store;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final DataAge age;
  private final Supplier<BlockId> blockIds;
  private final AtomicLong merges = new AtomicLong();

  /** Blocks that cannot be read: they and what a merge would need of them stay as they are. */
  private final Set<BlockId> damaged = new HashSet<>();

  public LogMerge(
      LogStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      Supplier<BlockId> blockIds) {
    this.store = store;
    this.catalog = catalog;
    this.objects = objects;
    this.age = age;
    this.blockIds = blockIds;
  }

  /** Merges all that is due, tenant by tenant, until done or interrupted. */
  public synchronized void run() {
    store.leases().deleteFree();
    run(false);
  }

  /** Merges all that can be, as if nothing new was to come. */
  public synchronized void compact() {
    run(true);
    store.leases().deleteFree();
  }

  private void run(boolean settled) {
    for (TenantId tenant : store.tenantIds()) {
      while (!Thread.currentThread().isInterrupted()) {
        List<BlockEntry> inputs =
            MergePolicy.choose(store.blocks(tenant), damaged::contains, DAY_NANOS, settled);
        if (inputs.isEmpty()) {
          break;
        }
        merge(tenant, inputs);
      }
    }
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
    List<List<StreamPages>> sources = new ArrayList<>();
    BlockEntry reading = inputs.getFirst();
    try {
      for (BlockEntry input : inputs) {
        reading = input;
        sources.add(LogBlock.open(objects, input.objectName()).allStreams());
      }
      return write(tenant, id, inputs, sources);
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
      TenantId tenant, BlockId id, List<BlockEntry> inputs, List<List<StreamPages>> sources) {
    LogBlockWriter.Written written;
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.LOGS, tenant, id))) {
      written = LogBlockWriter.write(out, sources, age.minNanos());
      out.commit();
    }
    // A block of which all has expired lives on, empty, until retention looks at it.
    boolean empty = written.entries() == 0;
    return new BlockEntry(
        id,
        Signal.LOGS,
        tenant,
        empty ? min(inputs) : written.minTime(),
        empty ? max(inputs) : written.maxTime(),
        written.entries(),
        written.bytes(),
        inputs.stream().mapToInt(BlockEntry::level).max().orElseThrow() + 1,
        inputs.getLast().sequence());
  }

  private static long min(List<BlockEntry> inputs) {
    return inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow();
  }

  private static long max(List<BlockEntry> inputs) {
    return inputs.stream().mapToLong(BlockEntry::maxTime).max().orElseThrow();
  }
}
