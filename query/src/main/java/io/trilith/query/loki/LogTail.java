package io.trilith.query.loki;

import io.trilith.logstore.LogBatch;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.log.Applied;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.TenantId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands what the store has taken on to those who follow its tenant. Following never holds up a
 * writer: who is too slow loses entries, and is told which. Thread-safe.
 */
public final class LogTail implements Applied<LogBatch> {
  private static final long WAITING_BYTES_MAX = 4 << 20;
  private static final int DROPPED_TOLD_MAX = 100;
  private static final int ENTRY_BYTES = 200;

  private final MemoryShare memory;
  private final Map<TenantId, List<Follower>> followers = new ConcurrentHashMap<>();

  /**
   * A tail that is to be told of what the store takes.
   *
   * @param memory takes the entries that wait for those who follow
   */
  public LogTail(MemoryShare memory) {
    this.memory = memory;
  }

  @Override
  public void applied(Partition partition, long offset, TenantId tenant, LogBatch batch) {
    for (Follower follower : followers.getOrDefault(tenant, List.of())) {
      follower.offer(batch);
    }
  }

  /** Begins to follow the streams that match. Until it is closed, the follower must be read. */
  Follower follow(TenantId tenant, List<Matcher> matchers) {
    Follower follower = new Follower(tenant, matchers);
    followers.computeIfAbsent(tenant, _ -> new CopyOnWriteArrayList<>()).add(follower);
    return follower;
  }

  /** An entry on its way to a follower; arrived by the clock of System.nanoTime. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Arrived(long arrival, Labels stream, long time, byte[] line, Labels metadata) {
    private long bytes() {
      return ENTRY_BYTES + (long) line.length;
    }
  }

  /** An entry that a follower was too slow for. */
  record Dropped(Labels stream, long time) {}

  /** What arrived since the last look, in order of arrival. */
  record News(List<Arrived> entries, List<Dropped> dropped) {}

  /** One who follows. Written by many threads, read by one. */
  final class Follower implements AutoCloseable {
    private final TenantId tenant;
    private final List<Matcher> matchers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<Arrived> waiting = new ArrayDeque<>();
    private final List<Dropped> dropped = new ArrayList<>();
    private final Booking booking = memory.open();
    private long bytes;
    private boolean closed;

    private Follower(TenantId tenant, List<Matcher> matchers) {
      this.tenant = tenant;
      this.matchers = matchers;
    }

    private boolean follows(Labels stream) {
      return matchers.stream().allMatch(matcher -> matcher.matches(stream));
    }

    private void offer(LogBatch batch) {
      boolean[] wanted = new boolean[batch.streams().size()];
      boolean any = false;
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = follows(batch.streams().get(i));
        any |= wanted[i];
      }
      if (!any) {
        return;
      }
      long now = System.nanoTime();
      lock.lock();
      try {
        for (int i = 0; i < batch.entries(); i++) {
          if (wanted[batch.stream(i)]) {
            offer(batch, i, now);
          }
        }
        arrived.signal();
      } finally {
        lock.unlock();
      }
    }

    private void offer(LogBatch batch, int entry, long now) {
      Labels stream = batch.streams().get(batch.stream(entry));
      long time = batch.time(entry);
      int length = batch.lineEnd(entry) - batch.lineStart(entry);
      if (closed || !isRoom(ENTRY_BYTES + (long) length)) {
        if (dropped.size() < DROPPED_TOLD_MAX) {
          dropped.add(new Dropped(stream, time));
        }
        return;
      }
      byte[] line = Arrays.copyOfRange(batch.lines(), batch.lineStart(entry), batch.lineEnd(entry));
      Arrived one = new Arrived(now, stream, time, line, batch.metadata(entry));
      bytes += one.bytes();
      waiting.add(one);
    }

    private boolean isRoom(long more) {
      if (bytes + more > WAITING_BYTES_MAX) {
        return false;
      }
      try {
        booking.take(more);
        return true;
      } catch (LimitExceededException | TooLargeException e) {
        return false;
      }
    }

    /**
     * What arrived some time ago; waits a while when that is nothing.
     *
     * @param delayNanos how long ago
     * @param most entries
     */
    News take(long delayNanos, int most, long waitNanos) throws InterruptedException {
      lock.lock();
      try {
        long left = waitNanos;
        while (left > 0 && dropped.isEmpty() && !isDue(delayNanos)) {
          left = arrived.awaitNanos(left);
        }
        List<Arrived> taken = new ArrayList<>();
        while (taken.size() < most && isDue(delayNanos)) {
          Arrived one = waiting.removeFirst();
          bytes -= one.bytes();
          booking.give(one.bytes());
          taken.add(one);
        }
        News news = new News(taken, List.copyOf(dropped));
        dropped.clear();
        return news;
      } finally {
        lock.unlock();
      }
    }

    private boolean isDue(long delayNanos) {
      return !waiting.isEmpty() && System.nanoTime() - waiting.getFirst().arrival() >= delayNanos;
    }

    @Override
    public void close() {
      List<Follower> others = followers.get(tenant);
      if (others != null) {
        others.remove(this);
      }
      lock.lock();
      try {
        closed = true;
        booking.close();
      } finally {
        lock.unlock();
      }
    }
  }

  /** How many follow a tenant. */
  int following(TenantId tenant) {
    return followers.getOrDefault(tenant, List.of()).size();
  }
}
