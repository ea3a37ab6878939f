package io.trilith.server;

import io.trilith.engine.Admission;
import io.trilith.storage.memory.MemoryShare;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The second line behind the shares of memory, whose sums are estimates: when the heap is nearly
 * full after a collection, the query that holds the most is ended and writes are refused until it
 * is not. Run by one thread at a time, a few times a second.
 */
final class HeapPressure implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(HeapPressure.class);

  /** Of the old generation, full after a collection. */
  private static final int MARK_PERCENT = 90;

  private static final long COLLECT_NANOS = 1_000_000_000L;

  private final Admission admission;
  private final MemoryShare requests;
  private final List<MemoryPoolMXBean> old =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .filter(pool -> pool.getName().contains("Tenured") || pool.getName().contains("Old"))
          .toList();
  private boolean pressed;
  private long collected;

  HeapPressure(Admission admission, MemoryShare requests) {
    this.admission = admission;
    this.requests = requests;
  }

  @Override
  public void run() {
    admission.makeRoom();
    boolean full = old.stream().anyMatch(HeapPressure::isFull);
    if (full) {
      press();
    } else if (pressed) {
      pressed = false;
      requests.resume();
      log.info("the heap has room again: writes are taken");
    }
  }

  private static boolean isFull(MemoryPoolMXBean pool) {
    MemoryUsage after = pool.getCollectionUsage();
    // What is used now may be less than after the last collection only by another collection.
    return after != null
        && after.getMax() > 0
        && Math.min(after.getUsed(), pool.getUsage().getUsed())
            > after.getMax() / 100 * MARK_PERCENT;
  }

  private void press() {
    String why =
        "the heap is more than "
            + MARK_PERCENT
            + "% full after a collection; try again, or raise memory.max";
    if (!pressed) {
      pressed = true;
      requests.pause(why);
      log.warn("{}: writes get 429 until it has room", why);
    }
    Optional<String> stopped = admission.stopHeaviest(why);
    stopped.ifPresent(query -> log.warn("the heap is nearly full: ended the query {}", query));
    long now = System.nanoTime();
    if (collected == 0 || now - collected > COLLECT_NANOS) {
      collected = now;
      System.gc();
    }
  }
}
