package io.trilith.server.node;

import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.CachedObjectStore;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.object.s3.S3ObjectStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The object store that is configured. A bucket that refuses ends the start with its name; one that
 * cannot be reached is waited for, so that machines may boot in any order.
 *
 * @param bucket null for kind 'directory', as is the cache
 */
public record OpenObjects(
    ObjectStore store, @Nullable S3ObjectStore bucket, @Nullable CachedObjectStore cache)
    implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OpenObjects.class);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  static OpenObjects open(TrilithConfig config, DataDirectory directory) {
    return switch (config.storage().kind()) {
      case DIRECTORY -> new OpenObjects(new DirectoryObjectStore(directory.objects()), null, null);
      case S3 -> {
        S3ObjectStore bucket = new S3ObjectStore(config.storage().s3());
        reached(
            () -> {
              bucket.check();
              return true;
            });
        CachedObjectStore cache =
            new CachedObjectStore(bucket, directory.cache(), config.cache().diskSize().bytes());
        yield new OpenObjects(cache, bucket, cache);
      }
    };
  }

  /** Without a cache, by a process that serves nothing. Of kind 'directory' it needs no other. */
  static OpenObjects offline(TrilithConfig config) {
    S3ObjectStore bucket = new S3ObjectStore(config.storage().s3());
    bucket.check();
    return new OpenObjects(bucket, bucket, null);
  }

  /** The catalog there, and the cache cleared of what it does not name. */
  Catalog catalog(InstantSource clock, RandomGenerator random, Duration age) {
    if (cache == null) {
      return new Catalog(store, clock, random, age);
    }
    Catalog catalog = reached(() -> new Catalog(store, clock, random, age));
    CatalogState state = catalog.state();
    Map<String, Long> sizes =
        state.blocks().values().stream()
            .collect(Collectors.toMap(BlockEntry::objectName, BlockEntry::bytes));
    cache.retain(sizes);
    return catalog;
  }

  static <T> T reached(Supplier<T> request) {
    while (true) {
      try {
        return request.get();
      } catch (StorageException.Unavailable e) {
        log.warn("the bucket cannot be reached, it is asked again in 2s: {}", e.getMessage());
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  /** Whether work that needs the bucket is worth its while. */
  public boolean isReachable() {
    return bucket == null || bucket.isReachable();
  }

  @Override
  public void close() {
    if (bucket != null) {
      bucket.close();
    }
  }
}
