package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One scope's data, a tenant's of one signal and partition: the head that grows, heads on their way
 * into blocks, and blocks. Records come in the order of their offsets, by {@link #append}, which
 * gives them their place in the log under the lock, or by {@link #replay}, from a log that is read.
 * A head ends at an offset ({@link #cut}), so it covers exactly those from where the one before
 * ended. What the catalog says is covered is in blocks, whoever wrote them: heads below leave, and
 * records below are skipped, in the same step in which the blocks appear, so that each row is in
 * exactly one of them. Thread-safe; the head itself may be read by queries while it grows.
 *
 * @param <H> the store's head
 */
public final class Generations<H> implements Flushable {
  private final CatalogState.Scope scope;
  private final Supplier<H> fresh;
  private final HeadWriter<H> writer;
  private final HeadBudget budget;
  private final InstantSource clock;
  private final LongUnaryOperator sequence;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private H head;
  private long headBytes;
  private long firstOffset = Long.MAX_VALUE;
  private long lastOffset;
  private long firstArrival = Long.MAX_VALUE;

  /** Whether the head is to be flushed soon whatever its age. */
  private boolean wanted;

  /** Where the last sealed head ended, or what is covered where that is more. */
  private long ended;

  /** Records below are in blocks. */
  private long covered;

  private long lastArrival = Long.MIN_VALUE;
  private final List<SealedHead> sealed = new ArrayList<>();
  private List<BlockEntry> blocks = List.of();

  /** Writes a sealed head as a block. */
  public interface HeadWriter<H> {
    /**
     * Writes and commits a block object.
     *
     * @param arrivalMillis when the head got its first record
     * @param sequence the block's sequence
     */
    BlockEntry write(CatalogState.Scope scope, H head, long arrivalMillis, long sequence);

    /** Told when a block has taken a head's place: new views do not have the head any more. */
    default void dropped(TenantId tenant, H head) {}

    /**
     * Told of a block that was written and will never be committed: another has its rows. New views
     * do not have it any more.
     */
    void superseded(BlockEntry block);
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

  /**
   * Of one scope.
   *
   * @param sequence makes the sequence of a block of the last offset in it
   */
  public Generations(
      CatalogState.Scope scope,
      Supplier<H> fresh,
      HeadWriter<H> writer,
      HeadBudget budget,
      InstantSource clock,
      LongUnaryOperator sequence) {
    this.scope = scope;
    this.sequence = sequence;
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
      Log.Ticket ticket = wal.append(scope.signal(), scope.tenant(), record);
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
      Log.Ticket ticket = wal.append(scope.signal(), scope.tenant(), entry.record(head));
      add(ticket.offset(), content -> entry.add(content, ticket));
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts the content of a record that is in the log already into the head, unless a block has it.
   *
   * @return whether it did
   */
  public boolean replay(long offset, ToLongFunction<H> add) {
    lock.lock();
    try {
      if (offset < covered) {
        return false;
      }
      add(offset, add);
      return true;
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

  /** The head that grows. */
  H growing() {
    lock.lock();
    try {
      return head;
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
   * Takes over the catalog's list of this scope's blocks, and what is covered; to be called where
   * no newer state can have been taken over before.
   */
  public void blocksChanged(CatalogState state) {
    List<BlockEntry> live = new ArrayList<>();
    Set<BlockId> committed = new HashSet<>();
    for (BlockEntry block : state.blocks().values()) {
      if (block.scope().equals(scope)) {
        live.add(block);
        committed.add(block.id());
      }
    }
    follow(live, committed, state.covered(scope));
  }

  /** As {@link #follow}, where the blocks stay what they are. */
  void covered(Set<BlockId> committed, long next) {
    step(null, committed, next);
  }

  /**
   * Takes over the catalog's blocks and coverage after a commit, whoever made it: heads whose rows
   * are in blocks now leave.
   *
   * @param live all of this scope
   * @param committed blocks that are in the catalog or were: what was flushed may have been merged
   *     by somebody else already
   * @param next records below are in blocks
   */
  public void follow(List<BlockEntry> live, Set<BlockId> committed, long next) {
    List<BlockEntry> sorted = new ArrayList<>(live);
    sorted.sort(Comparator.comparingLong(BlockEntry::sequence));
    step(List.copyOf(sorted), committed, next);
  }

  private void step(@Nullable List<BlockEntry> live, Set<BlockId> committed, long next) {
    List<SealedHead> gone = new ArrayList<>();
    H before = null;
    lock.lock();
    try {
      blocks = live == null ? blocks : live;
      covered = Math.max(covered, next);
      ended = Math.max(ended, covered);
      sealed.removeIf(one -> one.isIn(committed) && one.release(gone));
      sealed.removeIf(one -> one.next <= covered && one.release(gone));
      // Who is behind learns of the commit before of the cut: then all of the head that grows is
      // in blocks, for it holds nothing beyond what was read.
      if (firstOffset != Long.MAX_VALUE && lastOffset < covered) {
        before = head;
        budget.add(-headBytes);
        begin();
      }
    } finally {
      lock.unlock();
    }
    if (before != null) {
      writer.dropped(scope.tenant(), before);
    }
    gone.forEach(one -> one.left(committed));
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
  public CatalogState.Scope scope() {
    return scope;
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
  public long oldestOffset(long upTo) {
    lock.lock();
    try {
      for (SealedHead one : sealed) {
        if (one.next > upTo) {
          return one.firstOffset;
        }
      }
      return firstOffset;
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
      return wanted ? Long.MIN_VALUE : firstArrival;
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
      cut(lastOffset + 1);
      return List.copyOf(sealed);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the head at a place in the log: it covers what is below. All who read the same log up to
   * there have the same head then. A head that is empty goes on.
   *
   * @param end greater than the offset of any record that came
   */
  public void cut(long end) {
    lock.lock();
    try {
      if (firstOffset != Long.MAX_VALUE) {
        sealed.add(new SealedHead(end));
        ended = end;
        begin();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Begins a fresh head. */
  private void begin() {
    head = fresh.get();
    headBytes = 0;
    firstOffset = Long.MAX_VALUE;
    firstArrival = Long.MAX_VALUE;
    wanted = false;
  }

  /** A head that takes no more: in memory, then a block that waits for its commit. */
  public final class SealedHead implements Pending {
    private final long bytes = headBytes;
    private final long from = ended;
    private final long next;
    private final long firstOffset = Generations.this.firstOffset;
    private final long lastOffset = Generations.this.lastOffset;
    private final long firstArrival = Generations.this.firstArrival;

    // Guarded by lock. One of the two is there.
    private @Nullable H content = head;
    private @Nullable BlockEntry written;

    /** Whether a thread reads the content. */
    private boolean writing;

    /** Whether blocks of others took its place. */
    private boolean left;

    /** The head that grows, which ends. */
    private SealedHead(long end) {
      this.next = end;
    }

    private boolean isIn(Set<BlockId> committed) {
      return written != null && committed.contains(written.id());
    }

    /** Gives the memory of what leaves back; always true. */
    private boolean release(List<SealedHead> gone) {
      if (content != null) {
        budget.add(-bytes);
      }
      left = true;
      gone.add(this);
      return true;
    }

    /** After it has left, without the lock. */
    private void left(Set<BlockId> committed) {
      H unread;
      BlockEntry block;
      lock.lock();
      try {
        // Who writes it right now finds out afterwards.
        unread = writing ? null : content;
        content = writing ? content : null;
        block = isIn(committed) ? null : written;
      } finally {
        lock.unlock();
      }
      if (unread != null) {
        writer.dropped(scope.tenant(), unread);
      }
      if (block != null) {
        writer.superseded(block);
      }
    }

    @Override
    public BlockEntry write() {
      H read;
      lock.lock();
      try {
        if (written != null) {
          return written;
        }
        if (content == null) {
          throw new StorageException.Conflict("a block of " + coverage());
        }
        read = content;
        writing = true;
      } finally {
        lock.unlock();
      }
      BlockEntry block = null;
      try {
        block = writer.write(scope, read, firstArrival, sequence.applyAsLong(lastOffset));
      } finally {
        wrote(block, read);
      }
      return block;
    }

    /** After it was written, or not. */
    private void wrote(@Nullable BlockEntry block, H read) {
      boolean superseded;
      boolean done;
      lock.lock();
      try {
        writing = false;
        superseded = left;
        done = superseded || block != null;
        if (done) {
          written = block;
          content = null;
        }
        if (done && !superseded) {
          budget.add(-bytes);
        }
      } finally {
        lock.unlock();
      }
      if (done) {
        writer.dropped(scope.tenant(), read);
      }
      if (superseded && block != null) {
        writer.superseded(block);
      }
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
      return new Coverage(scope, from, next);
    }

    @Override
    public void committed(BlockEntry block) {
      lock.lock();
      try {
        covered = Math.max(covered, next);
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
