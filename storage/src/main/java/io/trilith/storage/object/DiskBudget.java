package io.trilith.storage.object;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which files a cache has, and which go when they are too many: those used longest ago.
 * Thread-safe.
 */
final class DiskBudget {
  private final long limit;
  private final LinkedHashMap<String, Long> sizes = new LinkedHashMap<>(16, 0.75f, true);
  private long total;

  DiskBudget(long limit) {
    this.limit = limit;
  }

  /** Adds a file, or its new size; returns the files to delete, perhaps that one too. */
  synchronized List<String> add(String file, long size) {
    remove(file);
    sizes.put(file, size);
    total += size;
    List<String> evicted = new ArrayList<>();
    while (total > limit) {
      String oldest = sizes.keySet().iterator().next();
      remove(oldest);
      evicted.add(oldest);
    }
    return evicted;
  }

  /** Whether there is such a file; it counts as used now. */
  synchronized boolean use(String file) {
    return sizes.get(file) != null;
  }

  synchronized void remove(String file) {
    Long size = sizes.remove(file);
    if (size != null) {
      total -= size;
    }
  }

  synchronized long bytes() {
    return total;
  }

  /** Files and sizes, used longest ago first. */
  synchronized Map<String, Long> files() {
    return new LinkedHashMap<>(sizes);
  }
}
