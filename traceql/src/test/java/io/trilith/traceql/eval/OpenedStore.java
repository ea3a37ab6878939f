package io.trilith.traceql.eval;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.store.TraceStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;

/** A store with everything below it. Not closed: that is a kill. */
final class OpenedStore {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));
  static final TenantId TENANT = new TenantId("t");
  private static final ByteSize SIZE = ByteSize.parse("64MiB");
  private static final HeadConfig HEAD = new HeadConfig(SIZE, Duration.ofHours(2), SIZE, SIZE);
  private static final WalConfig WAL =
      new WalConfig(WalConfig.Sync.INTERVAL, Duration.ofSeconds(1), SIZE, SIZE, SIZE);

  final SplittableRandom random = new SplittableRandom(1);
  final ObjectStore objects;
  final Catalog catalog;
  final LocalLog wal;
  final DataAge age =
      new DataAge(new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), CLOCK);
  final TraceStore store;
  final Flusher flusher;

  OpenedStore(Path directory) {
    objects = new DirectoryObjectStore(directory.resolve("objects"));
    catalog = new Catalog(objects, CLOCK, random);
    wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    store =
        new TraceStore(
            wal,
            objects,
            new HeadBudget(HEAD),
            age,
            new CacheConfig(ByteSize.parse("1MiB")),
            CLOCK,
            this::blockId);
    store.blocksChanged(catalog.state());
    wal.read(
        0,
        (offset, signal, tenant, payload) -> {
          if (offset >= catalog.state().covered(signal, tenant)) {
            store.replay(offset, tenant, payload);
          }
        });
    flusher =
        new Flusher(HEAD, WAL, wal, catalog, CLOCK, () -> List.<Flushable>copyOf(store.heads()));
    flusher.replayed();
  }

  private BlockId blockId() {
    return BlockId.create(InstantSource.system(), new SplittableRandom());
  }

  void merge() {
    new BlockMerge(store, catalog, objects, this::blockId, CLOCK).compact();
  }
}
