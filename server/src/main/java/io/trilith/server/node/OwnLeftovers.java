package io.trilith.server.node;

import io.trilith.compactor.Leftovers;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.log.Log;
import io.trilith.storage.object.CachedObjectStore;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this process has beside the bucket.
 *
 * @param log the id of its log, empty without one
 * @param cache null where the bucket is a directory
 */
record OwnLeftovers(
    String log, Log wal, Flusher flusher, Catalog catalog, @Nullable CachedObjectStore cache)
    implements Leftovers {
  @Override
  public boolean logHolds(long end) {
    return wal.oldest() < end;
  }

  @Override
  public void clear(long end) {
    if (logHolds(end)) {
      wal.seal(end);
      flusher.flushAll();
    }
    if (cache != null) {
      Map<String, Long> live = new HashMap<>();
      for (BlockEntry block : catalog.state().blocks().values()) {
        live.put(block.objectName(), block.bytes());
      }
      cache.retain(live);
    }
  }
}
