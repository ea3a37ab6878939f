package io.trilith.tracestore.block;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/** Decompressed columns of any block, up to a number of bytes. Thread-safe. */
public final class ColumnCache {
  private static final int ENTRY_BYTES = 150;

  /** Where a column is: the block's object, row group, place in the directory. */
  record Key(String block, int group, int column) {}

  /** A column and the bytes it takes. */
  record Loaded(Object column, long bytes) {}

  private final Cache<Key, Loaded> columns;
  private final long bytesMax;

  public ColumnCache(long bytesMax) {
    this.bytesMax = bytesMax;
    columns =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher(
                (Key key, Loaded loaded) ->
                    (int) Math.min(Integer.MAX_VALUE, loaded.bytes() + ENTRY_BYTES))
            .build();
  }

  @Nullable Loaded find(Key key) {
    return columns.getIfPresent(key);
  }

  void put(Key key, Loaded loaded) {
    if (bytesMax > 0) {
      columns.put(key, loaded);
    }
  }
}
