package io.trilith.logql;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.logstore.store.LogStore;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;

/** A log store with all that is below it, as the server opens it. Not closing it is a kill. */
final class StoreStates implements AutoCloseable {
  static final TenantId TENANT = new TenantId("model");

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));
  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.INTERVAL,
          Duration.ofSeconds(1),
          ByteSize.parse("1MiB"),
          ByteSize.parse("256MiB"),
          ByteSize.parse("1GiB"));

  final LogStore store;
  final Flusher flusher;
  final BlockMerge merge;
  private final LocalLog wal;

  StoreStates(Path directory) {
    SplittableRandom random = new SplittableRandom();
    ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    Catalog catalog = new Catalog(objects, CLOCK, random);
    wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    DataAge age =
        new DataAge(new RetentionConfig(Duration.ZERO, Duration.ZERO, Duration.ZERO), CLOCK);
    store =
        new LogStore(
            wal,
            objects,
            new HeadBudget(HEAD),
            age,
            new CacheConfig(ByteSize.parse("1MiB")),
            CLOCK,
            () -> BlockId.create(CLOCK, random));
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
    merge = new BlockMerge(store, catalog, objects, () -> BlockId.create(CLOCK, random), CLOCK);
  }

  @Override
  public void close() {
    wal.close();
  }
}
