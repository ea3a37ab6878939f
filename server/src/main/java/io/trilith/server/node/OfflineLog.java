package io.trilith.server.node;

import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.Signal;
import io.trilith.tsdb.store.NotedRecord;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** The log of a data directory whose server does not run. */
final class OfflineLog {
  private OfflineLog() {}

  /**
   * Throws when the data directory has a log with rows that no block has: what is deleted would be
   * back when its server flushes them.
   */
  static void refuse(TrilithConfig config, CatalogState state) {
    Path path = config.storage().dataDir().resolve("log");
    if (!Files.isDirectory(path)) {
      return;
    }
    long[] records = new long[1];
    try (Log own = new LocalLog(path, config.wal(), 0)) {
      own.read(
          0,
          (offset, signal, tenant, payload) -> {
            if (offset >= state.covered(signal, tenant) && !isNote(offset, signal, payload)) {
              records[0]++;
            }
          });
    }
    if (records[0] > 0) {
      throw new InvalidRequestException(
          "the log in '"
              + path
              + "' has "
              + records[0]
              + " records that are not in the bucket yet: start its server and ask that");
    }
  }

  /** Whether a record has no rows: blocks never have its content. */
  private static boolean isNote(long offset, Signal signal, ByteBuffer payload) {
    NotedRecord noted = signal == Signal.METRICS ? NotedRecord.of(payload, offset) : null;
    return noted != null && !noted.body().hasRemaining();
  }
}
