package io.trilith.storage.admission;

import io.trilith.storage.model.TenantId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A number of places for work that goes on at once. Who finds none waits; a place that becomes free
 * goes to the waiting tenant that has the fewest, and among equals to the one that waits longest,
 * so that a tenant with much work waits behind itself. Thread-safe.
 */
public final class FairPlaces {
  private final int places;
  private final int waitingMax;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock. Tenants in the order in which they began to wait.
  private final Map<TenantId, ArrayDeque<Waiting>> waiting = new LinkedHashMap<>();
  private final Map<TenantId, Integer> held = new HashMap<>();
  private int taken;
  private int waitingCount;

  /** One who waits. */
  private static final class Waiting {
    private final Condition turn;
    private boolean called;

    Waiting(Condition turn) {
      this.turn = turn;
    }
  }

  /** Places, and how many may wait for one in all. */
  public FairPlaces(int places, int waitingMax) {
    this.places = places;
    this.waitingMax = waitingMax;
  }

  /** How many wait now. */
  public int waiting() {
    lock.lock();
    try {
      return waitingCount;
    } finally {
      lock.unlock();
    }
  }

  /** How many places are taken now. */
  public int taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a place, waiting for one if need be; null when there is none in time. */
  public @Nullable Place take(TenantId tenant, long waitNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (taken < places) {
        book(tenant);
        return new Place(tenant);
      }
      if (waitingCount >= waitingMax) {
        return null;
      }
      return await(tenant, waitNanos);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Place await(TenantId tenant, long waitNanos) throws InterruptedException {
    Waiting one = new Waiting(lock.newCondition());
    waiting.computeIfAbsent(tenant, _ -> new ArrayDeque<>()).add(one);
    waitingCount++;
    try {
      long left = waitNanos;
      while (!one.called && left > 0) {
        left = one.turn.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      if (one.called) {
        // The place came with the interruption: it is given on.
        release(tenant);
      }
      throw e;
    } finally {
      if (!one.called) {
        remove(tenant, one);
      }
    }
    return one.called ? new Place(tenant) : null;
  }

  private void remove(TenantId tenant, Waiting one) {
    ArrayDeque<Waiting> own = waiting.get(tenant);
    if (own != null && own.remove(one)) {
      waitingCount--;
      if (own.isEmpty()) {
        waiting.remove(tenant);
      }
    }
  }

  private void book(TenantId tenant) {
    taken++;
    held.merge(tenant, 1, Integer::sum);
  }

  private void release(TenantId tenant) {
    lock.lock();
    try {
      taken--;
      held.computeIfPresent(tenant, (_, count) -> count == 1 ? null : count - 1);
      callNext();
    } finally {
      lock.unlock();
    }
  }

  private void callNext() {
    TenantId next = null;
    int fewest = Integer.MAX_VALUE;
    for (TenantId tenant : waiting.keySet()) {
      int has = held.getOrDefault(tenant, 0);
      if (has < fewest) {
        fewest = has;
        next = tenant;
      }
    }
    if (next == null) {
      return;
    }
    ArrayDeque<Waiting> own = waiting.get(next);
    Waiting one = own == null ? null : own.peek();
    if (one != null) {
      remove(next, one);
      one.called = true;
      book(next);
      one.turn.signal();
    }
  }

  /** A place that was taken. May be given back more than once. Thread-safe. */
  public final class Place implements AutoCloseable {
    private final TenantId tenant;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Place(TenantId tenant) {
      this.tenant = tenant;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        release(tenant);
      }
    }
  }
}
