package io.trilith.storage.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the objects of blocks that were replaced until the last reader that may still see them has
 * closed, then deletes them at once. A reader takes its lease before it looks which blocks there
 * are, and a block is retired after it is gone from there: so a lease that begins later need not be
 * waited for. Thread-safe.
 */
public final class BlockLeases {
  private static final Logger log = LoggerFactory.getLogger(BlockLeases.class);

  private final ObjectStore objects;

  // Guarded by this.
  private final Set<Lease> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Retired> retired = new ArrayList<>();

  /** What is to be done, and who may still read what that takes away. */
  private record Retired(Runnable free, Set<Lease> holders) {}

  public BlockLeases(ObjectStore objects) {
    this.objects = objects;
  }

  /** One reader's hold on all blocks that its tenant has now. */
  public final class Lease implements AutoCloseable {
    private final TenantId tenant;

    private Lease(TenantId tenant) {
      this.tenant = tenant;
    }

    /** Gives up the hold; more calls do nothing. */
    @Override
    public void close() {
      end(this);
    }
  }

  /** A hold on what there is now; to be closed. */
  public synchronized Lease open(TenantId tenant) {
    Lease lease = new Lease(tenant);
    open.add(lease);
    return lease;
  }

  /** Holds that are not given up. */
  public synchronized int openCount() {
    return open.size();
  }

  private void end(Lease lease) {
    synchronized (this) {
      open.remove(lease);
      retired.forEach(one -> one.holders.remove(lease));
    }
    deleteFree();
  }

  /** Deletes the objects of blocks that no new reader finds, now or when those there are close. */
  public void retire(List<BlockEntry> blocks) {
    for (BlockEntry block : blocks) {
      String object = block.objectName();
      add(block.tenant(), () -> objects.delete(object));
    }
    deleteFree();
  }

  /** Releases what no new reader of the tenant finds, now or when those there are close. */
  public void retire(TenantId tenant, Runnable release) {
    add(tenant, release);
    deleteFree();
  }

  private synchronized void add(TenantId tenant, Runnable free) {
    Set<Lease> holders = new HashSet<>();
    for (Lease lease : open) {
      if (lease.tenant.equals(tenant)) {
        holders.add(lease);
      }
    }
    retired.add(new Retired(free, holders));
  }

  /** Deletes what nobody holds; what cannot be deleted is tried again at the next call. */
  public void deleteFree() {
    List<Retired> free = new ArrayList<>();
    synchronized (this) {
      for (Iterator<Retired> all = retired.iterator(); all.hasNext(); ) {
        Retired one = all.next();
        if (one.holders.isEmpty()) {
          free.add(one);
          all.remove();
        }
      }
    }
    for (Retired one : free) {
      try {
        one.free.run();
      } catch (StorageException.Unavailable e) {
        log.warn("cannot delete a merged block, it is tried again: {}", e.getMessage());
        synchronized (this) {
          retired.add(one);
        }
      }
    }
  }
}
