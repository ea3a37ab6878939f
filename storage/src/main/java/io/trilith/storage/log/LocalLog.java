package io.trilith.storage.log;

import io.trilith.config.WalConfig;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in segment files of a local directory, see {@code docs/formats/log-segment.md}. Group
 * commit: appenders put frames into a group; one thread writes the group, syncs once, wakes all who
 * wait, and takes the next group, which filled meanwhile. A file whose write or sync failed is
 * never written again: the group goes, whole, to a new one.
 */
public final class LocalLog implements Log {
  private static final Logger log = LoggerFactory.getLogger(LocalLog.class);

  /** A group takes no more once it has this size; appenders wait for the next. */
  private static final int GROUP_MAX = 16 << 20;

  private final WalConfig config;
  private final Segments segments;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition groupNotEmpty = lock.newCondition();
  private final Condition groupTaken = lock.newCondition();
  private final Thread committer;

  // Guarded by lock.
  private Group group = new Group(new ByteWriter(1 << 16));
  private ByteWriter spare = new ByteWriter(1 << 16);
  private long next;
  private long sealBelow;
  private boolean closing;

  // Confined to the committer.
  private long syncedAtNanos = System.nanoTime();
  private boolean dirty;

  /** Frames that are made durable together. */
  private static final class Group {
    final ByteWriter frames;
    final CountDownLatch done = new CountDownLatch(1);
    long firstOffset;

    /** Whether the file before it is to be closed first. */
    boolean seals;

    volatile @Nullable IOException failure;

    Group(ByteWriter frames) {
      this.frames = frames;
    }
  }

  /** A record's place and the group whose fate it shares. */
  private record GroupTicket(long offset, Group group) implements Ticket {
    @Override
    public void awaitDurable() {
      try {
        group.done.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StorageException.Unavailable("interrupted while the log was written", e);
      }
      IOException failure = group.failure;
      if (failure != null) {
        throw new StorageException.Unavailable("cannot write the log", failure);
      }
    }
  }

  /**
   * Opens or creates the log. Cuts a torn end.
   *
   * @param nextAtLeast an offset below which records are committed elsewhere: it is never given out
   *     again, even when all segments are gone
   */
  public LocalLog(Path directory, WalConfig config, long nextAtLeast) {
    this.config = config;
    this.segments =
        new Segments(directory, LogIdentity.owner(directory), config.segmentSize().bytes());
    this.next = Math.max(segments.open(), nextAtLeast);
    this.committer =
        Thread.ofPlatform()
            .name("log-commit")
            .uncaughtExceptionHandler((_, failure) -> end(failure))
            .start(this::commitGroups);
  }

  /**
   * Without this thread every write would wait for ever: a process that starts anew loses nothing.
   */
  private static void end(Throwable failure) {
    try {
      log.error(
          "the log's thread failed; the process ends, so that it can be started again", failure);
    } finally {
      Runtime.getRuntime().halt(3);
    }
  }

  @Override
  public Ticket append(Signal signal, TenantId tenant, ByteBuffer payload) {
    byte[] tenantBytes = tenant.value().getBytes(StandardCharsets.US_ASCII);
    int bodyLength = SegmentFormat.BODY_MIN + tenantBytes.length + payload.remaining();
    if (bodyLength > SegmentFormat.BODY_MAX) {
      throw LimitExceededException.fixed(
          "a batch of "
              + bodyLength
              + " bytes is over the log's record limit of "
              + SegmentFormat.BODY_MAX);
    }
    if (segments.bytes() > config.sizeMax().bytes()) {
      throw LimitExceededException.busy(
          "the log has reached wal.size-max = "
              + config.sizeMax()
              + "; it shrinks when heads are flushed");
    }
    lock.lock();
    try {
      while (!closing && group.frames.size() > 0 && group.frames.size() + bodyLength > GROUP_MAX) {
        groupTaken.awaitUninterruptibly();
      }
      if (closing) {
        throw LimitExceededException.busy("the log is closing");
      }
      long offset = next++;
      if (group.frames.size() == 0) {
        group.firstOffset = offset;
        groupNotEmpty.signal();
      }
      putFrame(group.frames, offset, signal, tenantBytes, payload);
      return new GroupTicket(offset, group);
    } finally {
      lock.unlock();
    }
  }

  private static void putFrame(
      ByteWriter frames, long offset, Signal signal, byte[] tenant, ByteBuffer payload) {
    int start = frames.size();
    frames.putInt(SegmentFormat.BODY_MIN + tenant.length + payload.remaining());
    frames.putInt(0);
    int body = frames.size();
    frames.putLong(offset);
    frames.putByte(signal.code());
    frames.putByte(tenant.length);
    frames.putBytes(tenant);
    frames.putBytes(payload.duplicate());
    frames.setInt(start + 4, Crc.of(frames.array(), body, frames.size() - body));
  }

  @Override
  public void read(long from, RecordReader reader) {
    segments.read(from, reader);
  }

  @Override
  public long next() {
    lock.lock();
    try {
      return next;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void trim(long below) {
    segments.trim(below);
  }

  @Override
  public long oldest() {
    long bound = next();
    return Math.min(bound, segments.oldest());
  }

  @Override
  public void seal(long below) {
    Group waited;
    lock.lock();
    try {
      if (closing || !segments.isWritingBelow(below)) {
        return;
      }
      sealBelow = Math.max(sealBelow, below);
      waited = group;
      groupNotEmpty.signal();
    } finally {
      lock.unlock();
    }
    try {
      waited.done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("interrupted while the log was sealed", e);
    }
  }

  @Override
  public LogStats stats() {
    return segments.stats();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      groupNotEmpty.signal();
      groupTaken.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (committer.isAlive()) {
      try {
        committer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void commitGroups() {
    for (Group taken = takeGroup(); taken != null; taken = takeGroup()) {
      if (taken.seals) {
        closeFile(taken.firstOffset);
      }
      if (taken.frames.size() > 0) {
        commit(taken);
      } else {
        syncWhatIsDirty();
        taken.done.countDown();
      }
      recycle(taken);
    }
    syncWhatIsDirty();
    segments.close();
    lock.lock();
    try {
      // Who waits for a seal does so for nothing.
      group.done.countDown();
    } finally {
      lock.unlock();
    }
  }

  /** All records below the offset have been written. */
  private void closeFile(long end) {
    try {
      segments.seal(end);
      dirty = false;
    } catch (IOException e) {
      segments.abandonActive();
      log.warn("cannot close a log segment in order", e);
    }
  }

  /** The next group; an empty one when a delayed sync is due; null at the end. */
  private @Nullable Group takeGroup() {
    lock.lock();
    try {
      while (group.frames.size() == 0 && !(dirty && syncDue()) && sealBelow == 0) {
        if (closing) {
          return null;
        }
        if (dirty) {
          groupNotEmpty.awaitNanos(
              syncedAtNanos + config.syncInterval().toNanos() - System.nanoTime());
        } else {
          groupNotEmpty.awaitUninterruptibly();
        }
      }
      Group taken = group;
      if (taken.frames.size() == 0) {
        taken.firstOffset = next;
      }
      taken.seals = sealBelow > 0;
      sealBelow = 0;
      group = new Group(spare);
      groupTaken.signalAll();
      return taken;
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the log's thread", e);
    } finally {
      lock.unlock();
    }
  }

  private void recycle(Group taken) {
    ByteWriter frames = taken.frames;
    frames.clear();
    lock.lock();
    try {
      // A rare giant batch must not hold its memory for ever.
      spare = frames.array().length <= GROUP_MAX * 2 ? frames : new ByteWriter(1 << 16);
    } finally {
      lock.unlock();
    }
  }

  private void commit(Group taken) {
    for (int attempt = 1; ; attempt++) {
      try {
        segments.write(taken.firstOffset, taken.frames.view());
        dirty = true;
        if (config.sync() == WalConfig.Sync.ALWAYS || syncDue()) {
          sync();
        }
        break;
      } catch (IOException e) {
        segments.abandonActive();
        log.warn(
            "log write failed, attempt={} firstOffset={}: {}",
            attempt,
            taken.firstOffset,
            e.toString());
        if (attempt == 2) {
          taken.failure = e;
          break;
        }
      }
    }
    taken.done.countDown();
  }

  private boolean syncDue() {
    return System.nanoTime() - syncedAtNanos >= config.syncInterval().toNanos();
  }

  private void syncWhatIsDirty() {
    if (!dirty) {
      return;
    }
    try {
      sync();
    } catch (IOException e) {
      segments.abandonActive();
      dirty = false;
      log.warn("a delayed log sync failed: writes acknowledged since the last one may be lost", e);
    }
  }

  private void sync() throws IOException {
    segments.sync();
    dirty = false;
    syncedAtNanos = System.nanoTime();
  }
}
