package io.trilith.tsdb.head;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tenant's heads, one after the other, and hands the registry of series on from each to the
 * next: unless most of its series have gone quiet, or the registries of all tenants are over their
 * limit, or {@link #forget} was called. Then the next head begins with an empty one, and the old
 * one goes with its last head. Used under the tenant's lock.
 */
public final class HeadSequence implements Supplier<MetricHead> {
  private final PagePool pool;
  private final AtomicLong kept;
  private final long keptMax;
  private @Nullable MetricHead last;
  private long counted;

  /**
   * Of one tenant.
   *
   * @param pool where heads have their memory from
   * @param kept bytes of registries that were handed on, of all tenants
   */
  public HeadSequence(PagePool pool, AtomicLong kept, long keptMax) {
    this.pool = pool;
    this.kept = kept;
    this.keptMax = keptMax;
  }

  @Override
  public MetricHead get() {
    SeriesRegistry next = nextRegistry();
    last = new MetricHead(next, pool);
    return last;
  }

  /** Lets the registry go: the next head begins with an empty one. */
  public void forget() {
    last = null;
  }

  private SeriesRegistry nextRegistry() {
    kept.addAndGet(-counted);
    counted = 0;
    if (last == null) {
      return new SeriesRegistry();
    }
    SeriesRegistry registry = last.registry();
    boolean used = last.seriesCount() * 2 >= registry.size();
    long bytes = registry.bytes();
    if (!used || kept.get() + bytes > keptMax) {
      return new SeriesRegistry();
    }
    kept.addAndGet(bytes);
    counted = bytes;
    return registry;
  }
}
