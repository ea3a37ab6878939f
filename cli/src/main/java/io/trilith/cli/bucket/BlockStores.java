package io.trilith.cli.bucket;

import com.google.errorprone.annotations.MustBeClosed;
import io.trilith.compactor.BlockMerge;
import io.trilith.config.RetentionConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.logstore.StreamReader;
import io.trilith.server.node.Stores;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Removals;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.Log;
import io.trilith.storage.log.NoLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The three stores over blocks alone: nothing can be written, there are no heads. */
final class BlockStores {
  /** Of a reader that shows what is there, whatever its age. */
  static final RetentionConfig EVERYTHING =
      new RetentionConfig(Duration.ZERO, Duration.ZERO, Duration.ZERO);

  private final Stores stores;
  private final List<Duration> resolutions;
  private final ObjectStore objects;
  private final InstantSource clock;
  private final Duration keep;
  private final Supplier<BlockId> blockIds;

  /** Stores over the live blocks of a state. */
  BlockStores(Bucket bucket, CatalogState state, RetentionConfig retention) {
    TrilithConfig config = bucket.config();
    objects = bucket.objects();
    clock = bucket.clock();
    keep = config.retention().deleteDelay();
    blockIds = bucket.blockIds();
    DataAge age = new DataAge(retention, clock);
    HeadBudget budget = new HeadBudget(config.head());
    Log none = new NoLog();
    stores = new Stores(none, objects, budget, age, config.cache(), clock, blockIds);
    resolutions = config.downsampling().resolutions();
    stores.blocksChanged(state);
  }

  /** Stores over some blocks, whatever their age. */
  static BlockStores of(Bucket bucket, Collection<BlockEntry> blocks) {
    Map<BlockId, BlockEntry> byId = new TreeMap<>();
    blocks.forEach(block -> byId.put(block.id(), block));
    return new BlockStores(bucket, new CatalogState(0, byId, Map.of(), Removals.NONE), EVERYTHING);
  }

  @MustBeClosed
  SeriesReader metrics(TenantId tenant) {
    return stores.metrics().reader(tenant);
  }

  @MustBeClosed
  StreamReader logs(TenantId tenant) {
    return stores.logs().reader(tenant);
  }

  @MustBeClosed
  SpanReader traces(TenantId tenant) {
    return stores.traces().reader(tenant);
  }

  BlockMerge merge(Signal signal, Catalog catalog) {
    stores.metrics().downsample(resolutions);
    return new BlockMerge(stores.of(signal), catalog, objects, blockIds, clock).keeping(keep);
  }
}
