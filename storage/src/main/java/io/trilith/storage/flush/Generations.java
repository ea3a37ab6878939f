package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's data of one signal: the head that grows, heads on their way into blocks, and blocks.
 * The lock makes a record's place in the log and its entry into the head one step, so that a head
 * covers exactly the offsets up to its last. Thread-safe; the head itself may be read by queries
 * while it grows.
 *
 * @param <H> the store's head
 */
public final class Generations<H> implements Flushable {
  private final Signal signal;
  private final TenantId tenant;
  private final Supplier<H> fresh;
  private final HeadWriter<H> writer;
  private final HeadBudget budget;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private H head;
  private long headBytes;
  private long firstOffset = Long.MAX_VALUE;
  private long lastOffset;
  private long firstArrival = Long.MAX_VALUE;

  /** Whether the head is to be flushed soon whatever its age. */
  private boolean wanted;

  private long lastArrival = Long.MIN_VALUE;
  private final List<SealedHead> sealed = new ArrayList<>();
  private List<BlockEntry> blocks = List.of();

  /** Writes a sealed head as a block. */
  @FunctionalInterface
  public interface HeadWriter<H> {
    /**
     * Writes and commits a block object.
     *
     * @param arrivalMillis when the head got its first record
     * @param sequence the block's sequence
     */
    BlockEntry write(TenantId tenant, H head, long arrivalMillis, long sequence);

    /** Told when a head's block has taken its place: new views do not have the head any more. */
    default void dropped(TenantId tenant, H head) {}
  }

  /**
   * What a query reads.
   *
   * @param blocks in order of writing; the last ones may wait for their commit
   * @param heads in order of writing, all after the blocks
   */
  public record View<H>(List<BlockEntry> blocks, List<H> heads) {}

  /** A record whose form depends on the head it goes to. */
  public interface Entry<H> {
    /** The record; read before {@link #add} is called. Under the tenant's lock. */
    ByteBuffer record(H head);

    /**
     * Puts the content into the head and returns by how many bytes that grew. Under the tenant's
     * lock; not called when the log took no record.
     */
    long add(H head, Log.Ticket ticket);
  }

  public Generations(
      Signal signal,
      TenantId tenant,
      Supplier<H> fresh,
      HeadWriter<H> writer,
      HeadBudget budget,
      InstantSource clock) {
    this.signal = signal;
    this.tenant = tenant;
    this.fresh = fresh;
    this.writer = writer;
    this.budget = budget;
    this.clock = clock;
    this.head = fresh.get();
  }

  /**
   * Puts a record into the log and its content into the head; the caller awaits the ticket before
   * it acknowledges.
   *
   * @param add puts the content into the head it is given and returns by how many bytes that grew
   */
  public Log.Ticket append(Log wal, ByteBuffer record, ToLongFunction<H> add) {
    lock.lock();
    try {
      Log.Ticket ticket = wal.append(signal, tenant, record);
      add(ticket.offset(), add);
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** As above, with a record that is made for the head it goes to. */
  public Log.Ticket append(Log wal, Entry<H> entry) {
    lock.lock();
    try {
      Log.Ticket ticket = wal.append(signal, tenant, entry.record(head));
      add(ticket.offset(), content -> entry.add(content, ticket));
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** Puts the content of a record that is in the log already into the head. */
  public void replay(long offset, ToLongFunction<H> add) {
    lock.lock();
    try {
      add(offset, add);
    } finally {
      lock.unlock();
    }
  }

  private void add(long offset, ToLongFunction<H> add) {
    lastArrival = clock.millis();
    if (firstOffset == Long.MAX_VALUE) {
      firstOffset = offset;
      firstArrival = lastArrival;
    }
    lastOffset = offset;
    long grown = add.applyAsLong(head);
    headBytes += grown;
    budget.add(grown);
  }

  /**
   * Puts a fresh head into the place of one that is empty, when no record came since a time and
   * nothing sealed waits for its commit. An empty head covers nothing of the log, so nothing else
   * changes.
   *
   * @param replaces asked under the tenant's lock whether the head is to be replaced; what it drops
   *     the fresh head does not find
   */
  public void replaceIdle(long sinceMillis, Predicate<H> replaces) {
    lock.lock();
    try {
      if (firstOffset == Long.MAX_VALUE
          && sealed.isEmpty()
          && lastArrival <= sinceMillis
          && replaces.test(head)) {
        head = fresh.get();
      }
    } finally {
      lock.unlock();
    }
  }

  public View<H> view() {
    lock.lock();
    try {
      List<H> heads = new ArrayList<>(sealed.size() + 1);
      List<BlockEntry> waiting = new ArrayList<>();
      for (SealedHead one : sealed) {
        if (one.content != null) {
          heads.add(one.content);
        } else if (one.written != null) {
          // Heads are written in their order, so these stand before all that are not.
          assert heads.isEmpty();
          waiting.add(one.written);
        }
      }
      heads.add(head);
      if (waiting.isEmpty()) {
        return new View<>(blocks, heads);
      }
      waiting.addAll(0, blocks);
      return new View<>(List.copyOf(waiting), heads);
    } finally {
      lock.unlock();
    }
  }

  /** The blocks that the catalog has, in order of writing. */
  public List<BlockEntry> committed() {
    lock.lock();
    try {
      return blocks;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes over the catalog's list of this tenant's blocks; to be called where no newer state can
   * have been taken over before.
   */
  public void blocksChanged(CatalogState state) {
    List<BlockEntry> sorted = new ArrayList<>(state.blocks(signal, tenant));
    sorted.sort(Comparator.comparingLong(BlockEntry::sequence));
    lock.lock();
    try {
      blocks = List.copyOf(sorted);
      // A flush may have got so far and not have said so yet.
      sealed.removeIf(one -> one.written != null && blocks.contains(one.written));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes over the catalog's blocks after a commit.
   *
   * @param live all of this tenant and signal
   * @param committed blocks that are in the catalog or were: what was flushed may have been merged
   *     by somebody else already
   */
  public void follow(List<BlockEntry> live, Set<BlockId> committed) {
    List<BlockEntry> sorted = new ArrayList<>(live);
    sorted.sort(Comparator.comparingLong(BlockEntry::sequence));
    lock.lock();
    try {
      blocks = List.copyOf(sorted);
      sealed.removeIf(one -> one.written != null && committed.contains(one.written.id()));
    } finally {
      lock.unlock();
    }
  }

  /** Has the head flushed at the next look, as if it were old, once its content is so old. */
  public void flushSoon(Duration age) {
    lock.lock();
    try {
      wanted = firstOffset != Long.MAX_VALUE && firstArrival <= clock.millis() - age.toMillis();
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

  /** Bytes of heads that are sealed and not committed yet. */
  public long sealedBytes() {
    lock.lock();
    try {
      return sealed.stream().filter(one -> one.content != null).mapToLong(one -> one.bytes).sum();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<SealedHead> sealed() {
    lock.lock();
    try {
      return List.copyOf(sealed);
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
  public long oldestUnwritten() {
    lock.lock();
    try {
      SealedHead oldest = firstUnwritten();
      return oldest == null ? firstOffset : oldest.firstOffset;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long oldestArrivalMillis() {
    lock.lock();
    try {
      SealedHead oldest = firstUnwritten();
      if (oldest == null && wanted) {
        return Long.MIN_VALUE;
      }
      return oldest == null ? firstArrival : oldest.firstArrival;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable SealedHead firstUnwritten() {
    for (SealedHead one : sealed) {
      if (one.written == null) {
        return one;
      }
    }
    return null;
  }

  @Override
  public List<SealedHead> seal() {
    lock.lock();
    try {
      if (firstOffset != Long.MAX_VALUE) {
        sealed.add(new SealedHead(head, headBytes, firstOffset, lastOffset, firstArrival));
        head = fresh.get();
        headBytes = 0;
        firstOffset = Long.MAX_VALUE;
        firstArrival = Long.MAX_VALUE;
        wanted = false;
      }
      return List.copyOf(sealed);
    } finally {
      lock.unlock();
    }
  }

  /** A head that takes no more: in memory, then a block that waits for its commit. */
  public final class SealedHead implements Pending {
    private final long bytes;
    private final long firstOffset;
    private final long lastOffset;
    private final long firstArrival;

    // Guarded by lock. One of the two is there.
    private @Nullable H content;
    private @Nullable BlockEntry written;

    private SealedHead(
        H content, long bytes, long firstOffset, long lastOffset, long firstArrival) {
      this.content = content;
      this.bytes = bytes;
      this.firstOffset = firstOffset;
      this.lastOffset = lastOffset;
      this.firstArrival = firstArrival;
    }

    @Override
    public BlockEntry write() {
      H from;
      lock.lock();
      try {
        if (written != null) {
          return written;
        }
        from = Objects.requireNonNull(content);
      } finally {
        lock.unlock();
      }
      BlockEntry block = writer.write(tenant, from, firstArrival, lastOffset);
      lock.lock();
      try {
        written = block;
        content = null;
        budget.add(-bytes);
      } finally {
        lock.unlock();
      }
      writer.dropped(tenant, from);
      return block;
    }

    @Override
    public @Nullable BlockEntry written() {
      lock.lock();
      try {
        return written;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public Coverage coverage() {
      return new Coverage(signal, tenant, lastOffset + 1);
    }

    @Override
    public void committed(BlockEntry block) {
      lock.lock();
      try {
        // Not there any more: the catalog's own list told of it, perhaps of its successor already.
        if (sealed.remove(this) && !blocks.contains(block)) {
          List<BlockEntry> with = new ArrayList<>(blocks);
          with.add(block);
          with.sort(Comparator.comparingLong(BlockEntry::sequence));
          blocks = List.copyOf(with);
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
