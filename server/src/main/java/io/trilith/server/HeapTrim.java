package io.trilith.server;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/**
 * Has the heap collected when its old part holds much garbage. The collector would wait until the
 * heap has grown to its limit: nothing is gained by that, since old objects are few and large here
 * and a collection takes a tenth of a second, but the process would look five times its size. Run
 * by one thread at a time.
 */
final class HeapTrim implements Runnable {
  private static final long GARBAGE_MAX = 32L << 20;

  private final List<MemoryPoolMXBean> old =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP && isOld(pool.getName()))
          .toList();

  /** What survived the last collection, as far as is known. */
  private long live = used();

  private static boolean isOld(String pool) {
    return pool.contains("Tenured") || pool.contains("Old");
  }

  private long used() {
    long used = 0;
    for (MemoryPoolMXBean pool : old) {
      used += pool.getUsage().getUsed();
    }
    return used;
  }

  private long liveAfterLast() {
    long after = 0;
    for (MemoryPoolMXBean pool : old) {
      MemoryUsage usage = pool.getCollectionUsage();
      after += usage == null ? 0 : usage.getUsed();
    }
    return after;
  }

  @Override
  public void run() {
    long used = used();
    live = Math.min(Math.max(live, liveAfterLast()), used);
    if (used - live > GARBAGE_MAX) {
      System.gc();
      live = used();
    }
  }
}
