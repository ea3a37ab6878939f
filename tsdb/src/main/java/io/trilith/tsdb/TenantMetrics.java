package io.trilith.tsdb;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.head.MetricHead;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One tenant's metrics: the head that grows, heads on their way into blocks, and blocks. The lock
 * makes a record's place in the log and its entry into the head one step, so that a head covers
 * exactly the offsets up to its last.
 */
final class TenantMetrics implements Flushable {
  private final TenantId tenant;
  private final ObjectStore objects;
  private final HeadBudget budget;
  private final InstantSource clock;
  private final Supplier<BlockId> blockIds;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private MetricHead head = new MetricHead();
  private long headBytes;
  private long firstOffset = Long.MAX_VALUE;
  private long lastOffset;
  private long firstArrival = Long.MAX_VALUE;
  private final List<SealedHead> sealed = new ArrayList<>();
  private List<BlockEntry> blocks = List.of();

  TenantMetrics(
      TenantId tenant,
      ObjectStore objects,
      HeadBudget budget,
      InstantSource clock,
      Supplier<BlockId> blockIds) {
    this.tenant = tenant;
    this.objects = objects;
    this.budget = budget;
    this.clock = clock;
    this.blockIds = blockIds;
  }

  /**
   * Puts a batch into the log and the head. The caller waits for the ticket before it acknowledges.
   */
  Log.Ticket append(Log wal, ByteWriter record, MetricBatch batch) {
    lock.lock();
    try {
      Log.Ticket ticket = wal.append(Signal.METRICS, tenant, record.view());
      add(ticket.offset(), batch);
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** Puts a batch that is in the log already into the head. */
  void replay(long offset, MetricBatch batch) {
    lock.lock();
    try {
      add(offset, batch);
    } finally {
      lock.unlock();
    }
  }

  private void add(long offset, MetricBatch batch) {
    if (firstOffset == Long.MAX_VALUE) {
      firstOffset = offset;
      firstArrival = clock.millis();
    }
    lastOffset = offset;
    long grown = head.add(batch);
    headBytes += grown;
    budget.add(grown);
  }

  /** What a query reads: blocks by sequence, then heads by age. */
  record View(List<BlockEntry> blocks, List<MetricHead> heads) {}

  View view() {
    lock.lock();
    try {
      List<MetricHead> heads = new ArrayList<>(sealed.size() + 1);
      for (SealedHead one : sealed) {
        heads.add(one.content);
      }
      heads.add(head);
      return new View(blocks, heads);
    } finally {
      lock.unlock();
    }
  }

  /** Takes over the catalog's list of this tenant's blocks. */
  void setBlocks(List<BlockEntry> live) {
    List<BlockEntry> sorted = new ArrayList<>(live);
    sorted.sort(Comparator.comparingLong(BlockEntry::sequence));
    lock.lock();
    try {
      blocks = List.copyOf(sorted);
    } finally {
      lock.unlock();
    }
  }

  int headSeries() {
    lock.lock();
    try {
      return head.seriesCount();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long headBytes() {
    lock.lock();
    try {
      return headBytes;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long oldestOffset() {
    lock.lock();
    try {
      return sealed.isEmpty() ? firstOffset : sealed.getFirst().firstOffset;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long oldestArrivalMillis() {
    lock.lock();
    try {
      return sealed.isEmpty() ? firstArrival : sealed.getFirst().firstArrival;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<SealedHead> seal() {
    lock.lock();
    try {
      if (firstOffset != Long.MAX_VALUE) {
        sealed.add(new SealedHead(head, headBytes, firstOffset, lastOffset, firstArrival));
        head = new MetricHead();
        headBytes = 0;
        firstOffset = Long.MAX_VALUE;
        firstArrival = Long.MAX_VALUE;
      }
      return List.copyOf(sealed);
    } finally {
      lock.unlock();
    }
  }

  /** A head that takes no more. */
  final class SealedHead implements Pending {
    private final MetricHead content;
    private final long bytes;
    private final long firstOffset;
    private final long lastOffset;
    private final long firstArrival;

    SealedHead(
        MetricHead content, long bytes, long firstOffset, long lastOffset, long firstArrival) {
      this.content = content;
      this.bytes = bytes;
      this.firstOffset = firstOffset;
      this.lastOffset = lastOffset;
      this.firstArrival = firstArrival;
    }

    @Override
    public BlockEntry write() {
      List<MetricHead.SealedSeries> series = content.sealAll();
      long min = Long.MAX_VALUE;
      long max = Long.MIN_VALUE;
      for (MetricHead.SealedSeries one : series) {
        for (Chunk chunk : one.chunks()) {
          min = Math.min(min, chunk.min());
          max = Math.max(max, chunk.max());
        }
      }
      if (min > max) {
        // Metadata alone: it lives as long as samples of its arrival would.
        min = firstArrival;
        max = firstArrival;
      }
      BlockId id = blockIds.get();
      try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.METRICS, tenant, id))) {
        long size =
            MetricBlockWriter.write(out, series, content.allExemplars(), content.metadata());
        out.commit();
        return new BlockEntry(
            id, Signal.METRICS, tenant, min, max, content.samples(), size, 0, lastOffset);
      }
    }

    @Override
    public Coverage coverage() {
      return new Coverage(Signal.METRICS, tenant, lastOffset + 1);
    }

    @Override
    public void committed(BlockEntry block) {
      lock.lock();
      try {
        if (!blocks.contains(block)) {
          List<BlockEntry> with = new ArrayList<>(blocks);
          with.add(block);
          blocks = List.copyOf(with);
        }
        sealed.remove(this);
        budget.add(-bytes);
      } finally {
        lock.unlock();
      }
    }
  }
}
