package io.trilith.tsdb.head;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Makes a tenant's heads, one after the other, and hands the registry of series on from each to the
 * next: unless the registries of all tenants are over their limit, or {@link #forget} was called.
 * Then the next head begins with an empty one, and the old one goes with its last head. When most
 * series have gone quiet, or some for long, the next head begins with those that have not: what
 * they are in number is what limits count. Used under the tenant's lock.
 */
public final class HeadSequence implements Supplier<MetricHead> {
  private final PagePool pool;
  private final AtomicLong kept;
  private final long keptMax;
  private final InstantSource clock;
  private @Nullable MetricHead last;
  private long counted;

  /** Series that had samples in the heads since the quiet ones went last, and when that was. */
  private RoaringBitmap active = new RoaringBitmap();

  private long sinceMillis;
  private volatile Duration idle = Duration.ofDays(365);

  /**
   * Of one tenant.
   *
   * @param pool where heads have their memory from
   * @param kept bytes of registries that were handed on, of all tenants
   */
  public HeadSequence(PagePool pool, AtomicLong kept, long keptMax, InstantSource clock) {
    this.clock = clock;
    this.sinceMillis = clock.millis();
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
    active = new RoaringBitmap();
  }

  /** Series without a sample for this long may go when the next head begins. */
  public void letIdleGo(Duration after) {
    idle = after;
  }

  private SeriesRegistry nextRegistry() {
    kept.addAndGet(-counted);
    counted = 0;
    if (last == null) {
      return new SeriesRegistry();
    }
    SeriesRegistry registry = last.registry();
    active.or(last.present());
    boolean quiet = clock.millis() - sinceMillis >= idle.toMillis();
    boolean used = last.seriesCount() * 2 >= registry.size();
    if (!used || quiet) {
      registry = active.getCardinality() < registry.size() ? registry.only(active) : registry;
      active = new RoaringBitmap();
      sinceMillis = clock.millis();
    }
    long bytes = registry.bytes();
    if (kept.get() + bytes > keptMax) {
      active = new RoaringBitmap();
      return new SeriesRegistry();
    }
    kept.addAndGet(bytes);
    counted = bytes;
    return registry;
  }
}
